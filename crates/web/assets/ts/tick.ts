// In a group of ticks, "none of these" and a real answer cannot both stand. The server checks it again.

export function tickGroups(): void {
  for (const group of document.querySelectorAll<HTMLElement>("[data-tick-group]")) {
    group.addEventListener("change", (event) => {
      const box = event.target;
      if (!(box instanceof HTMLInputElement) || !box.checked) return;
      const none = box.hasAttribute("data-none");
      for (const other of group.querySelectorAll<HTMLInputElement>("input[type=checkbox]")) {
        if (other !== box && other.hasAttribute("data-none") !== none) other.checked = false;
      }
    });
  }
}
