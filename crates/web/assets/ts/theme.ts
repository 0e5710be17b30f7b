// The light/dark button. The choice is a cookie, so that the server sends the right page and nothing flashes.

const YEAR_SECONDS = 31_536_000;

function shown(): "light" | "dark" {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function theme(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-theme-switch]")) {
    const label = button.querySelector("[data-theme-word]");
    const name = () => {
      if (label) label.textContent = shown() === "dark" ? "Light colours" : "Dark colours";
    };
    name();
    button.hidden = false;
    button.addEventListener("click", () => {
      const next = shown() === "dark" ? "light" : "dark";
      document.documentElement.dataset.theme = next;
      const secure = location.protocol === "https:" ? "; Secure" : "";
      document.cookie = `theme=${next}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax${secure}`;
      name();
    });
  }
}
