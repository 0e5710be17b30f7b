// Keys of the desk. Everything they do is also a visible link or button.
import { needling } from "./needling";
import { theme } from "./theme";

// Whether a form holds something that leaving would lose: a field that was changed here, or one that came back to be corrected.
function holdsTyped(): boolean {
  if (document.querySelector(".error-summary, form .refusal")) return true;
  const changed = (field: Element): boolean => {
    if (field instanceof HTMLSelectElement) {
      return field.selectedIndex !== Math.max([...field.options].findIndex((one) => one.defaultSelected), 0);
    }
    if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
    if (!(field instanceof HTMLInputElement) || field.type === "hidden") return false;
    return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
  };
  const forms = document.querySelectorAll<HTMLFormElement>("main form[method=post]");
  return [...forms].some((form) => [...form.elements].some(changed));
}

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("input, select, textarea, [contenteditable]") !== null;

function step(from: Element | null, by: number): void {
  const column = from?.closest(".col");
  const slots = [...(column ?? document).querySelectorAll<HTMLAnchorElement>("a[data-slot]")];
  const at = from instanceof HTMLAnchorElement ? slots.indexOf(from) : -1;
  slots[Math.min(Math.max(at + by, 0), slots.length - 1)]?.focus();
}

function aside(from: Element, by: number): void {
  const columns = [...document.querySelectorAll(".col")];
  const next = columns[columns.indexOf(from.closest(".col") as Element) + by];
  const top = from.getBoundingClientRect().top;
  const slots = [...(next?.querySelectorAll<HTMLAnchorElement>("a[data-slot]") ?? [])];
  const distance = (slot: Element) => Math.abs(slot.getBoundingClientRect().top - top);
  slots.sort((a, b) => distance(a) - distance(b))[0]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const escape = event.key === "Escape";
  if (typing(event.target)) {
    // Escape leaves the field; only from outside a field does it leave the page, and never what was typed.
    if (escape) (event.target as HTMLElement).blur();
    return;
  }
  if (escape && holdsTyped()) return;
  const focused = document.activeElement?.closest("a[data-slot]") ?? null;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!document.querySelector("a[data-slot]")) return;
    event.preventDefault();
    step(focused, event.key === "ArrowDown" ? 1 : -1);
    return;
  }
  if (focused && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
    event.preventDefault();
    aside(focused, event.key === "ArrowRight" ? 1 : -1);
    return;
  }
  // A focused region scrolls with the arrow keys; leave those to it.
  if (event.key.startsWith("Arrow") && document.activeElement?.matches(".day-scroll")) return;
  const link = document.querySelector<HTMLAnchorElement>(`a[data-key="${CSS.escape(event.key)}"]`);
  if (link) {
    event.preventDefault();
    link.click();
  }
});

theme();
needling();
