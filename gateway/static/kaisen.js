// Comforts only: every page works without this file.
"use strict";

// A form is sent once: a second press while the first is under way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  form.setAttribute("aria-busy", "true");
});

// A page that comes back from the browser's history can be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
});

// After a refusal the summary of problems takes the focus, so that it is read out at once.
const summary = document.querySelector("[data-error-summary]");
if (summary) summary.focus();

// The search panel stays as the person left it.
for (const panel of document.querySelectorAll("details[data-remember]")) {
  const key = `kaisen.${panel.dataset.remember}`;
  if (sessionStorage.getItem(key) === "closed") panel.open = false;
  panel.addEventListener("toggle", () => sessionStorage.setItem(key, panel.open ? "open" : "closed"));
}
