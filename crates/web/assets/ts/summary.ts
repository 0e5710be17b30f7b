// A form that comes back is announced where the eye and the keyboard are: at the list of what to look at again.

export function errorSummary(): void {
  document.querySelector<HTMLElement>(".error-summary")?.focus();
}
