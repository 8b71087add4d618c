/* Sends proof with progress and takes files that are dropped; without it the form works as it is. */
"use strict";

(function () {
  function enhance(form) {
    const input = form.querySelector('input[type="file"]');
    if (!input || form.dataset.ready) {
      return;
    }
    form.dataset.ready = "yes";
    const zone = document.createElement("div");
    zone.className = "drop-zone";
    const hint = document.createElement("p");
    hint.className = "quiet";
    hint.textContent = form.dataset.drop;
    const status = document.createElement("div");
    status.className = "upload-status";
    status.setAttribute("role", "status");
    status.setAttribute("aria-live", "polite");
    const bar = document.createElement("progress");
    bar.className = "upload-progress";
    bar.max = 100;
    bar.hidden = true;
    bar.setAttribute("aria-label", form.dataset.sending);
    input.before(zone);
    zone.append(hint, input);
    zone.after(status, bar);

    function list(title) {
      status.replaceChildren();
      if (!input.files.length) {
        return;
      }
      const names = document.createElement("ul");
      for (const file of input.files) {
        const item = document.createElement("li");
        item.textContent = file.name;
        names.append(item);
      }
      status.append(title, names);
    }

    input.addEventListener("change", () => list(form.dataset.chosen));
    for (const kind of ["dragenter", "dragover"]) {
      zone.addEventListener(kind, (event) => {
        event.preventDefault();
        zone.classList.add("is-over");
      });
    }
    for (const kind of ["dragleave", "drop"]) {
      zone.addEventListener(kind, () => zone.classList.remove("is-over"));
    }
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      const all = new DataTransfer();
      for (const file of [...input.files, ...event.dataTransfer.files]) {
        all.items.add(file);
      }
      input.files = all.files;
      list(form.dataset.chosen);
      input.focus();
    });

    form.addEventListener("submit", (event) => {
      if (!input.files.length) {
        return;
      }
      event.preventDefault();
      const buttons = form.querySelectorAll("button");
      const wait = (yes) => buttons.forEach((each) => { each.disabled = yes; });
      const request = new XMLHttpRequest();
      const content = new FormData(form);
      request.open("POST", form.action);
      request.upload.addEventListener("progress", (step) => {
        if (step.lengthComputable) {
          bar.value = Math.round((step.loaded / step.total) * 100);
        }
      });
      request.addEventListener("load", () => show(request));
      request.addEventListener("error", () => {
        wait(false);
        bar.hidden = true;
        status.textContent = form.dataset.failed;
        input.focus();
      });
      list(form.dataset.sending);
      bar.hidden = false;
      bar.value = 0;
      wait(true);
      request.send(content);
    });
  }

  /* Put the server's answer in the page's place, as if the browser itself had gone there. */
  function show(request) {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const main = page.querySelector("main");
    if (!main) {
      window.location.assign(request.responseURL);
      return;
    }
    document.title = page.title;
    document.querySelector("main").replaceWith(document.adoptNode(main));
    window.history.replaceState(null, "", request.responseURL);
    const first = main.querySelector("[autofocus]") || main;
    first.focus();
    first.scrollIntoView();
    begin();
  }

  function begin() {
    document.querySelectorAll("form[data-upload]").forEach(enhance);
  }

  begin();
})();
