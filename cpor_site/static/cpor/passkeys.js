// Ties the page's form for a passkey, form[data-passkey="add|authenticate|login"], to the library
// that speaks to the browser. Shows the button, which needs this script, and says in a sentence of
// the page's own why something didn't work.
"use strict";

(() => {
  const form = document.querySelector("form[data-passkey]");
  const button = document.getElementById("passkey-button");
  const problem = document.getElementById("passkey-problem");
  if (!form || !button) return;
  const kind = form.dataset.passkey;
  const hasPasskeys = typeof PublicKeyCredential !== "undefined" && "credentials" in navigator;
  // Where signing in is possible otherwise, a button that can't work is left out.
  if (kind === "login" && !hasPasskeys) return;
  button.hidden = false;

  const say = (sentence) => {
    problem.textContent = sentence;
    problem.hidden = false;
  };
  if (!hasPasskeys) {
    button.addEventListener("click", () => {
      say(isSecureContext ? problem.dataset.missing : problem.dataset.address);
    });
    return;
  }
  const sentences = {
    InvalidStateError: problem.dataset.known,
    NotAllowedError: problem.dataset.stopped,
    NotSupportedError: problem.dataset.missing,
    SecurityError: problem.dataset.address,
  };
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    say(sentences[event.detail.exception.name] || problem.dataset.stopped);
  });
  button.addEventListener("click", () => { problem.hidden = true; });

  const credential = form.querySelector("input[name$=credential]");
  const ids = { credential: credential.id, data: "passkey-data" };
  const forms = window.allauth.webauthn.forms;
  if (kind === "add") {
    forms.addForm({ ids: { ...ids, add: button.id, passwordless: "id_passwordless" } });
  } else if (kind === "login") {
    forms.loginForm({ ids: { ...ids, login: button.id } });
  } else {
    forms.authenticateForm({ ids: { ...ids, authenticate: button.id } });
  }
})();
