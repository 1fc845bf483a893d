// A page of something that is under way looks again by itself. Without this script a link does it.
"use strict";

{
  const PARTS = [".tg-record-head", "[data-look-again]", ".tg-facts"];
  const pause = () => Number(document.querySelector("[data-look-again]").dataset.lookAgain) * 1000;

  const look = async () => {
    if (document.hidden) return wait();
    let answer;
    try {
      answer = await fetch(location.href, { credentials: "same-origin" });
    } catch {
      return wait(); // the network is away; it may come back
    }
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.querySelector("[data-look-again]")) return location.reload();
    for (const part of PARTS) {
      const [old, fresh] = [document.querySelector(part), page.querySelector(part)];
      // What somebody has reached with the keyboard stays under their finger.
      if (old && fresh && !old.contains(document.activeElement) && old.innerHTML !== fresh.innerHTML) old.replaceWith(fresh);
    }
    wait();
  };
  const wait = () => setTimeout(look, pause());
  if (document.querySelector("[data-look-again]")) wait();
}
