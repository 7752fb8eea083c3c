// Pages work without this script. It renews what is marked as live, follows logs, and copies commands.
(() => {
  "use strict";

  const seconds = Number(document.body.dataset.refresh);

  /** Replaces the live parts that have changed, unless the visitor works in them. */
  const renew = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(part.id);
      if (fresh && fresh.outerHTML !== part.outerHTML && !part.contains(document.activeElement)
          && !part.querySelector("details[open] form")) {
        part.replaceWith(document.adoptNode(fresh));
      }
    }
    decorate();
  };

  const repeat = () => setTimeout(async () => {
    try {
      if (!document.hidden) await renew();
    } catch (error) {
      // the service restarts: the next time may work
    }
    repeat();
  }, seconds * 1000);
  if (seconds > 0) repeat();

  /** Adds a button to each command that copies it. */
  const decorate = () => {
    if (!navigator.clipboard) return;
    for (const code of document.querySelectorAll("code.copy, .cli code")) {
      if (code.nextElementSibling?.classList.contains("copier")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copier";
      button.textContent = "Copy";
      button.setAttribute("aria-label", "Copy " + code.textContent);
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
        setTimeout(() => { button.textContent = "Copy"; }, 1500);
      });
      code.after(button);
    }
  };
  decorate();

  /** Follows the log of a run, and renews the rest of its page until the run has ended. */
  const log = document.querySelector("[data-stream]");
  if (log) {
    const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    log.scrollTop = log.scrollHeight;
    const address = new URL(log.dataset.stream, location.href);
    const timer = setInterval(() => { if (!document.hidden) renew().catch(() => {}); }, 2000);
    let source = null;
    const listen = () => {
      source = new EventSource(address);
      source.addEventListener("lines", (event) => {
        const follow = atEnd();
        const lines = new DOMParser().parseFromString(event.data, "text/html").body.childNodes;
        log.append(...Array.from(lines, (line) => document.adoptNode(line)));
        address.searchParams.set("after", event.lastEventId);
        if (follow) log.scrollTop = log.scrollHeight;
      });
      source.addEventListener("end", () => {
        source.close();
        clearInterval(timer);
        setTimeout(() => location.reload(), 300);
      });
    };
    // a browser has few connections to a host: hidden pages need none
    const follow = () => {
      source?.close();
      if (!document.hidden) listen();
    };
    document.addEventListener("visibilitychange", follow);
    follow();
  } else if (document.querySelector(".log:not(.whole)")) {
    const tail = document.querySelector(".log:not(.whole)");
    tail.scrollTop = tail.scrollHeight;
  }
})();
