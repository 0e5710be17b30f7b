// Draws a needling plan again at every change of its form. Without it the form's own buttons do the same.

interface Drawn {
  html: string;
  speed_mm_per_s: string;
  spacing_mm: string;
  passes: string;
  refusal: string;
}

/** What a slider stands at, beside it. */
function tell(slider: HTMLInputElement): void {
  const output = slider.form?.querySelector<HTMLOutputElement>(`output[for="${slider.id}"]`);
  if (output) output.textContent = `${slider.value} ${output.dataset.unit ?? ""}`.trim();
}

function settle(form: HTMLFormElement, drawn: Drawn): void {
  for (const name of ["speed_mm_per_s", "spacing_mm", "passes"] as const) {
    const slider = form.elements.namedItem(name);
    if (slider instanceof HTMLInputElement) {
      slider.value = drawn[name];
      tell(slider);
    }
  }
}

/** Why nothing was drawn, as the server says it. */
async function why(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => ({}))) as { errors?: { message?: string }[]; detail?: string; title?: string };
  const messages = (problem.errors ?? []).map((error) => error.message).filter(Boolean);
  return messages.join(" ") || problem.detail || problem.title || "This could not be drawn. Try again.";
}

export function needling(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-needling]");
  const drawing = document.querySelector("[data-needling-drawing]");
  const refusal = document.querySelector<HTMLElement>("[data-needling-refusal]");
  const said = document.querySelector("[data-needling-said]");
  if (!form || !drawing || !refusal || !said) return;
  let isDrawing = false;
  let next: { proposes: boolean } | null = null;

  const refuse = (words: string) => {
    refusal.textContent = words;
    refusal.hidden = words === "";
  };

  async function draw(form: HTMLFormElement, proposes: boolean): Promise<void> {
    const fields = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    const address = `?${fields}`;
    if (proposes) fields.set("propose", "yes");
    const response = await fetch(`${form.dataset.needling}?${fields}`, { headers: { accept: "application/json" } });
    if (!response.ok) return refuse(await why(response));
    const drawn = (await response.json()) as Drawn;
    drawing!.innerHTML = drawn.html;
    refuse(drawn.refusal);
    if (proposes) settle(form, drawn);
    said!.textContent = drawing!.querySelector(".drawing-summary")?.textContent ?? "";
    history.replaceState(null, "", proposes ? `?${new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]))}` : address);
  }

  /** What cannot be a number is told at once, before the server is asked. */
  function slip(): string {
    const field = form!.querySelector<HTMLInputElement>("input:invalid");
    return field ? `${field.labels?.[0]?.textContent?.trim() ?? field.name}: write ${field.title || "a number"}.` : "";
  }

  // One drawing at a time; of all changes meanwhile only the last is drawn.
  async function ask(proposes: boolean): Promise<void> {
    const found = slip();
    if (found) return refuse(found);
    next = { proposes: proposes || (next?.proposes ?? false) };
    if (isDrawing) return;
    isDrawing = true;
    while (next) {
      const { proposes } = next;
      next = null;
      await draw(form!, proposes).catch(() => refuse("The server cannot be reached. What you see is the last drawing."));
    }
    isDrawing = false;
  }

  form.addEventListener("input", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.type === "range") tell(event.target);
    void ask(false);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void ask((event.submitter as HTMLButtonElement | null)?.name === "propose");
  });
  for (const shape of form.querySelectorAll<SVGElement>("[data-zone]")) {
    shape.addEventListener("click", () => {
      const radio = form.querySelector<HTMLInputElement>(`input[name="zone"][value="${CSS.escape(shape.dataset.zone ?? "")}"]`);
      if (!radio || radio.checked) return;
      radio.checked = true;
      void ask(false);
    });
  }
}
