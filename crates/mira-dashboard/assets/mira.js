// What is nicer with scripts. Every page works without this file.
"use strict";

// Copy buttons are useless without scripts, so they show only here.
for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (!source) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.textContent = (await copy(source)) ? "Copied" : "Select and copy";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}

async function copy(source) {
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    return true;
  } catch {
    // Plain http has no clipboard; the selection can still be copied.
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
}

// A shown key is selected when it is focused, and gone when the page is left,
// so that a page kept in memory does not show it again.
const secret = document.querySelector("[data-secret]");
if (secret) {
  secret.addEventListener("focus", () => secret.select());
  addEventListener("pagehide", () => { secret.value = ""; });
}

for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    const question = form.dataset.confirm;
    const isRepeat = form.dataset.sent === "yes" && form.method === "post";
    if (isRepeat || (question && !confirm(question))) event.preventDefault();
    else form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form")) delete form.dataset.sent;
});

for (const select of document.querySelectorAll("select[data-submit]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

// A menu closes when the attention goes elsewhere.
for (const menu of document.querySelectorAll("details.switcher")) {
  addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") menu.open = false;
  });
}
