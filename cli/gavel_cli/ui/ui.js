"use strict";
// While something runs, look for news and put them in the place of what is shown.
(() => {
  const again = (seconds) => setTimeout(look, 1000 * seconds);

  function replace(old, next) {
    const held = document.activeElement;
    const address = old.contains(held) ? held.getAttribute("href") : null;
    const opened = [...old.querySelectorAll("details")].map((one) => one.open);
    old.replaceWith(document.adoptNode(next));
    next.querySelectorAll("details").forEach((one, place) => { one.open = opened[place] ?? one.open; });
    if (address !== null) {
      [...next.querySelectorAll("a")].find((one) => one.getAttribute("href") === address)?.focus();
    }
  }

  async function look() {
    const old = document.getElementById("live");
    const built = old.dataset.running === "built";
    if (!document.hidden && !old.querySelector("input:focus, select:focus")) {
      try {
        const answer = await fetch(location.href, { redirect: "error" });
        if (built && answer.status === 200) {
          location.reload();
          return;
        }
        const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
        if (next !== null && answer.status < 500) {
          if (next.innerHTML !== old.innerHTML) replace(old, next);
          if (!("running" in next.dataset)) return;
        }
      } catch {
        // The server has ended or is out of reach; it may come back.
      }
    }
    again(built ? 1 : 5);
  }

  const live = document.getElementById("live");
  if ("running" in live.dataset) again(live.dataset.running === "built" ? 1 : 5);
})();
