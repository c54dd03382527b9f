// Downloads of lists: shows how far they are, and lets the person give them up.
// Without this file the browser downloads them as any other file.
"use strict";

const LINE_END = 10;

for (const form of document.querySelectorAll("form[data-download]")) {
  const part = (name) => form.querySelector(`[data-download-${name}]`);
  const [panel, count, status] = ["progress", "count", "status"].map(part);
  const bar = panel.querySelector("progress");
  const total = Number(form.dataset.total);
  const number = new Intl.NumberFormat(document.documentElement.lang);
  let running = null;

  const say = (text) => {
    status.textContent = text.replace("{total}", number.format(total));
  };

  const show = (lines) => {
    const done = Math.min(Math.max(lines - 1, 0), total); // the first line holds the titles
    bar.value = done;
    count.textContent = form.dataset.textCount
      .replace("{done}", number.format(done))
      .replace("{total}", number.format(total));
  };

  const read = async (answer) => {
    const parts = [];
    let lines = 0;
    for (const reader = answer.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) return new Blob(parts, { type: "text/csv" });
      parts.push(value);
      for (let at = value.indexOf(LINE_END); at >= 0; at = value.indexOf(LINE_END, at + 1)) lines += 1;
      show(lines);
    }
  };

  const save = (file, answer) => {
    const link = document.createElement("a");
    const named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") || "");
    link.href = URL.createObjectURL(file);
    link.download = named ? named[1] : "download.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };

  const run = async (url) => {
    running = new AbortController();
    say("");
    show(0);
    panel.hidden = false;
    form.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { signal: running.signal, redirect: "manual" });
      const type = answer.headers.get("Content-Type") || "";
      if (!answer.ok || !type.startsWith("text/csv")) {
        location.assign(url); // a proof is asked for, or the page says what is wrong
        return;
      }
      save(await read(answer), answer);
      say(form.dataset.textDone);
    } catch (error) {
      say(error.name === "AbortError" ? form.dataset.textCancelled : form.dataset.textBroken);
    } finally {
      running = null;
      panel.hidden = true;
      form.removeAttribute("aria-busy");
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (running) return;
    const url = new URL(event.submitter?.getAttribute("formaction") || form.action, location.href);
    url.search = new URLSearchParams(new FormData(form)).toString();
    run(url);
  });

  part("cancel").addEventListener("click", () => {
    if (!running) return;
    running.abort();
    form.querySelector("[data-testid=csv]").focus();
  });
}
