/* The case page's own comforts; without this file everything works by links and forms.
   A link of the proof viewer replaces the viewer alone, so that what is typed elsewhere stays. */
(() => {
  "use strict";

  const typing = (target) =>
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio])"));

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (!/^[a-z]$/.test(event.key) || typing(event.target) || document.querySelector("dialog[open]")) return;
    const act = document.querySelector(`[data-shortcut="${event.key}"]`);
    if (!act) return;
    event.preventDefault();
    act.click();
  });

  const shown = { "shown-document": "document", "shown-page": "page", "shown-zoom": "zoom", "shown-find": "find" };

  async function show(address) {
    const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector(".case-viewer");
    const old = document.querySelector(".case-viewer");
    if (!fresh || !old) throw new Error("no viewer");
    old.replaceWith(document.importNode(fresh, true));
    for (const name of Object.keys(shown)) {
      const there = document.querySelector(`input[name="${name}"]`);
      const here = page.querySelector(`input[name="${name}"]`);
      if (there && here) there.value = here.value;
    }
    document.getElementById("viewer")?.focus({ preventScroll: true });
  }

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target instanceof Element ? event.target.closest(".case-viewer a[href*='#viewer']") : null;
    if (!link) return;
    event.preventDefault();
    show(link.href).then(
      () => history.replaceState(null, "", link.href),
      () => { window.location.href = link.href; },
    );
  });
})();
