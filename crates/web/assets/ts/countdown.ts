// The time left of a hold, counted on the page. The server's own clock decides; this only shows it.
// Screen readers hear it once a minute and in the last minute, not every second.

function words(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
}

export function countdowns(): void {
  for (const place of document.querySelectorAll<HTMLElement>("[data-seconds-left]")) {
    const end = performance.now() + Number(place.dataset.secondsLeft) * 1000;
    const clock = place.querySelector("[data-clock]");
    const spoken = place.querySelector("[data-spoken]");
    const over = place.querySelector<HTMLElement>("[data-over]");
    const running = place.querySelector<HTMLElement>("[data-running]");
    let said = -1;
    const tick = () => {
      const left = Math.max(0, Math.round((end - performance.now()) / 1000));
      if (clock) clock.textContent = words(left);
      const minute = Math.ceil(left / 60);
      if (spoken && minute !== said && left > 0) {
        if (said !== -1) spoken.textContent = minute === 1 ? "One minute left" : `${minute} minutes left`;
        said = minute;
      }
      if (left === 0) {
        if (running) running.hidden = true;
        if (over) over.hidden = false;
        return;
      }
      setTimeout(tick, 1000);
    };
    if (Number.isFinite(end)) tick();
  }
}
