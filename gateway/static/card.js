// The input page of a card: checks what was typed, has the provider exchange it for a token, and sends the token alone.
// The provider's script has defined `cardProvider(settings)`: tokenise() gives {id} or {error: the provider's code};
// a provider with fields of its own has mount() and reset() as well.
"use strict";

{
  const form = document.getElementById("card-form");
  const texts = JSON.parse(form.dataset.texts);
  const summary = document.querySelector("[data-card-summary]");
  const button = form.querySelector("[data-testid=submit]");
  const number = document.getElementById("card_number");
  const provider = window.cardProvider && window.cardProvider(form.dataset);
  const hasOwnFields = !(provider && provider.mount);
  const FIELDS = ["card_number", "expiry_month", "expiry_year", "security_code"];
  // What the provider says of a field, in our words.
  const ERRORS = {
    invalid_number: ["card_number", "number_check"],
    incorrect_number: ["card_number", "number_check"],
    incomplete_number: ["card_number", "number_missing"],
    invalid_expiry_month: ["expiry_month", "month_range"],
    invalid_expiry_month_past: ["expiry_month", "expired"],
    invalid_expiry_year: ["expiry_month", "expired"],
    invalid_expiry_year_past: ["expiry_month", "expired"],
    incomplete_expiry: ["expiry_month", "month_missing"],
    invalid_cvc: ["security_code", "code_length"],
    incomplete_cvc: ["security_code", "code_missing"],
  };

  const value = (id) => document.getElementById(id).value.trim();
  const typed = () => ({
    number: value("card_number").replaceAll(" ", ""),
    month: value("expiry_month"),
    year: value("expiry_year"),
    code: value("security_code"),
  });

  // `problems` is {id of the field, or "": name of a text}.
  const show = (problems) => {
    const list = summary.querySelector("ul");
    list.replaceChildren();
    for (const id of FIELDS) {
      const place = document.getElementById(`${id}-error`);
      const field = document.getElementById(id);
      if (!place) continue;
      const problem = problems[id];
      place.hidden = !problem;
      place.querySelector("span").textContent = problem ? texts[problem] : "";
      if (problem) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
    for (const part of form.querySelectorAll(".field")) {
      part.classList.toggle("has-error", part.querySelector("[aria-invalid=true]") !== null);
    }
    for (const [id, problem] of Object.entries(problems)) {
      const item = document.createElement("li");
      const link = document.createElement(id ? "a" : "span");
      link.textContent = texts[problem];
      if (id) link.href = `#${id}`;
      item.append(link);
      list.append(item);
    }
    const isWrong = Object.keys(problems).length > 0;
    summary.hidden = !isWrong;
    if (isWrong) summary.querySelector("[role=alert]").focus();
    return isWrong;
  };

  const send = async () => {
    button.disabled = true;
    form.setAttribute("aria-busy", "true");
    let told;
    try {
      told = await provider.tokenise(hasOwnFields ? typed() : undefined);
    } catch {
      told = { error: "unavailable" };
    }
    form.removeAttribute("aria-busy");
    button.disabled = false;
    if (told.id) {
      form.elements.payment_method.value = told.id;
      if (hasOwnFields) for (const id of FIELDS) document.getElementById(id).value = "";
      form.submit(); // without an event: nothing is left to check
      return;
    }
    const [id, problem] = ERRORS[told.error] || ["", "unavailable"];
    show({ [id]: problem });
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (button.disabled) return;
    const refusal = document.querySelector("[data-error-summary]"); // of the card before
    if (refusal) refusal.remove();
    if (hasOwnFields && show(window.cardChecks.problems(typed(), form.dataset.thisMonth))) return;
    show({});
    send();
  });

  form.addEventListener("reset", () => {
    show({});
    if (!hasOwnFields) provider.reset();
  });

  if (number instanceof HTMLInputElement) {
    // Groups of digits as on the card; whatever else was typed is left for the check to name.
    number.addEventListener("input", () => {
      const before = number.value.slice(0, number.selectionStart).replaceAll(" ", "").length;
      const digits = number.value.replaceAll(" ", "");
      if (!/^[0-9]+$/.test(digits)) return;
      number.value = window.cardChecks.grouped(digits);
      let place = 0;
      for (let seen = 0; seen < before; place++) if (number.value[place] !== " ") seen++;
      number.setSelectionRange(place, place);
    });
  }

  if (provider) {
    if (!hasOwnFields) provider.mount();
    button.disabled = false;
  } else {
    show({ "": "unavailable" });
  }
}
