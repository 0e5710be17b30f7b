// A time that is held is free again soon after its page is left, and stays held while the page is there. The server
// waits a minute before it believes that somebody left, for a page that is only loaded again says nothing else.

export function holds(): void {
  const paths = [...document.querySelectorAll<HTMLElement>("[data-hold]")].map((place) => place.dataset.hold);
  if (paths.length === 0) return;
  const say = (what: "leave" | "return") => {
    for (const path of paths) navigator.sendBeacon(`${path}/${what}`);
  };
  // Whoever sends a form or follows a link of ours, say to read about privacy, means to come back.
  let staysHere = false;
  const here = () => {
    staysHere = false;
    say("return");
  };
  document.addEventListener("submit", () => {
    staysHere = true;
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a");
    if (link && link.origin === location.origin) staysHere = true;
  });
  addEventListener("pagehide", () => {
    if (!staysHere) say("leave");
  });
  addEventListener("pageshow", here);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") here();
  });
}
