/* Keyboard shortcuts of the reviewers' pages. Every one of them presses a button or follows a link
   that is on the page anyway; what the page doesn't have, its key doesn't do. */
(() => {
  "use strict";

  const rows = () => [...document.querySelectorAll("tr[data-row]")];
  const linkOf = (row) => row?.querySelector("th a");
  const current = () => rows().findIndex((row) => row.contains(document.activeElement));

  const typing = (target) =>
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])"));

  function move(step) {
    const found = rows();
    if (!found.length) return;
    const at = current();
    const to = at < 0 ? (step > 0 ? 0 : found.length - 1) : at + step;
    linkOf(found[Math.min(found.length - 1, Math.max(0, to))])?.focus();
  }

  const marked = (key) => document.querySelector(`[data-key="${key}"]`);
  const acts = {
    n: () => marked("n")?.click(),
    "/": () => marked("/")?.focus(),
    j: () => move(1),
    k: () => move(-1),
    o: () => linkOf(rows()[current()])?.click(),
    "?": () => document.getElementById("shortcuts")?.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const act = Object.hasOwn(acts, event.key) ? acts[event.key] : undefined;
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
