// "Copy the link" buttons: hidden in the page, shown here, because they do nothing without a script.

export function copyButtons(): void {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    button.hidden = false;
    const before = button.textContent;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy ?? "");
        button.textContent = "Copied";
      } catch {
        button.textContent = "Please copy it by hand";
      }
      setTimeout(() => {
        button.textContent = before;
      }, 3000);
    });
  }
}
