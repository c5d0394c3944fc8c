/**
 * A form filled on a bad line: what is typed stays on the phone until the server has it, and is sent again
 * under the same key, so that a word whose answer was lost is not written twice.
 */

import { fieldsOf, fill, forget, keep, kept } from "./draft.js";
import { announce } from "./page.js";

const OWN_FIELDS = ["csrfmiddlewaretoken", "version"];
const form = document.querySelector("form[data-draft]");
const words = form.dataset;
const key = `draft-${words.draft}`;
const said = document.getElementById("draft-state");

function say(text, lost = false) {
  said.textContent = text;
  said.classList.toggle("fault-text", lost);
  announce(text);
}

const keepHere = () => keep(key, { fields: fieldsOf(form, OWN_FIELDS) });

/** Show what the server found wrong, and leave what was typed and the chosen pictures where they are. */
function showFaults(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const answered = page.querySelector("form[data-draft]");
  for (const old of form.querySelectorAll(".faults, .fault-text:not(#draft-state)")) old.remove();
  if (!answered) {
    const why = [...page.querySelectorAll(".problem li, .problem h1, .problem h1 + p")].map((line) => line.textContent.trim());
    return say(why.join(" "), true);
  }
  const summary = answered.querySelector(".faults");
  if (summary) form.prepend(document.importNode(summary, true));
  for (const fault of answered.querySelectorAll(".field .fault-text")) {
    const name = fault.closest(".field").querySelector("[name]")?.name;
    form.querySelector(`[name="${CSS.escape(name ?? "")}"]`)?.closest(".field")?.append(document.importNode(fault, true));
  }
  form.elements.version.value = answered.elements.version.value;
  say("");
  return (form.querySelector(".faults") ?? form).scrollIntoView({ block: "center" });
}

async function send() {
  keepHere();
  say(words.wordSending);
  let answer, text;
  try {
    answer = await fetch(form.action || location.href, { method: "POST", body: new FormData(form) });
    text = await answer.text();
  } catch {
    return say(words.wordLocal, true);
  }
  if (!answer.ok) return showFaults(text);
  forget(key);
  return location.assign(answer.url);
}

form.addEventListener("input", (event) => event.target.type !== "file" && keepHere());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = form.querySelector(".buttons button");
  button.disabled = true;
  send().finally(() => (button.disabled = false));
});

const draft = kept(key);
if (draft) {
  fill(form, draft.fields);
  say(words.wordRestored);
}
document.body.dataset.form = "ready";
