/**
 * The form of a verification on a bad line: saved to the server while one types, kept on the phone
 * while there is no line, photographs sent one by one with the phone's own position.
 */

import { fieldsOf, fill, forget, keep, kept } from "./draft.js";
import { announce } from "./page.js";

const SAVE_AFTER_MS = 4000;
const LOCATE_MS = 12000;
const OWN_FIELDS = ["csrfmiddlewaretoken", "saves", "version", "told_lon", "told_lat", "told_accuracy", "told_bearing"];

const form = document.getElementById("verify-form");
const words = form.dataset;
const said = document.getElementById("save-state");
const key = `verify-${words.clue}-${words.round}`;
let timer = 0;
let changed = false;
let busy = Promise.resolve();

// ---- which parts are asked for
const chosen = (name) => form.querySelector(`[name=${name}]:checked`)?.value ?? "";

function showParts() {
  const verdict = chosen("verdict");
  for (const part of form.querySelectorAll("[data-when]")) part.hidden = verdict !== "" && !part.dataset.when.split(" ").includes(verdict);
  const fits = (list, value) => !list || list.split(" ").includes(value);
  const activity = form.elements.activity_type.value;
  for (const item of form.querySelectorAll("[data-item]")) {
    const { methods, activities, verdicts } = item.dataset;
    item.hidden = !(fits(methods, chosen("kind")) && fits(activities, activity) && fits(verdicts, verdict));
  }
}

// ---- what is kept on the phone
const keepHere = () => keep(key, { at: Date.now(), saves: form.elements.saves.value, fields: fieldsOf(form, OWN_FIELDS) });

function restore() {
  const draft = kept(key);
  if (!draft || draft.saves !== form.elements.saves.value) return forget(key);
  fill(form, draft.fields);
  changed = true;
  say(words.wordRestored);
  return soon();
}

// ---- saving
function say(text, lost = false) {
  said.textContent = text;
  said.classList.toggle("lost", lost);
  announce(text);
}

function showMissing(list, saves) {
  if (saves !== undefined) form.elements.saves.value = saves;
  if (!list) return;
  document.getElementById("missing-list").replaceChildren(...list.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  document.getElementById("missing-lead").textContent = list.length ? words.wordLacking : words.wordComplete;
}

async function save() {
  if (!changed) return;
  changed = false;
  const body = new FormData(form);
  for (const name of [...body.keys()]) if (name.startsWith("file-")) body.delete(name);
  try {
    const answer = await fetch(location.pathname, { method: "POST", body, headers: { Accept: "application/json" } });
    const told = await answer.json();
    if (answer.ok) {
      forget(key);
      sessionStorage.setItem(key, told.saves);
      showMissing(told.missing, told.saves);
      say(`${words.wordSaved} ${new Date(told.saved_at).toLocaleTimeString()}`);
    } else say([told.message, ...(told.details ?? [])].join(" "), true); // what was typed stays here
  } catch {
    changed = true;
    keepHere();
    say(words.wordLocal, true);
  }
}

const queue = (work) => (busy = busy.then(work, work));

function soon() {
  clearTimeout(timer);
  timer = setTimeout(() => queue(save), SAVE_AFTER_MS);
}

form.addEventListener("input", (event) => {
  if (event.target.type === "file" || "bearing" in event.target.dataset) return;
  changed = true;
  keepHere();
  showParts();
  soon();
});
addEventListener("online", () => queue(save));
addEventListener("pagehide", () => changed && keepHere());

// ---- photographs
const locate = () =>
  new Promise((done) => {
    if (!navigator.geolocation) return done(null);
    return navigator.geolocation.getCurrentPosition((place) => done(place.coords), () => done(null), { enableHighAccuracy: true, timeout: LOCATE_MS, maximumAge: 30000 });
  });

async function send(code, file, coords, bearing) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  body.set("item", code);
  body.set("file", file);
  if (coords) {
    body.set("told_lon", coords.longitude);
    body.set("told_lat", coords.latitude);
    body.set("told_accuracy", coords.accuracy);
  }
  if (bearing) body.set("told_bearing", bearing);
  const answer = await fetch(words.files, { method: "POST", body, headers: { "HX-Request": "true" } });
  const text = await answer.text();
  if (!answer.ok) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const why = [...page.querySelectorAll(".problem li, .problem h1 + p")].map((line) => line.textContent.trim());
    throw Object.assign(new Error(why.join(" ") || answer.status), { refused: answer.status < 500 });
  }
  return text;
}

/** Put the new line of the checklist in its place, with forms for taking files off and the list of what is missing. */
function replaceLine(code, text) {
  const piece = new DOMParser().parseFromString(text, "text/html");
  const line = document.importNode(piece.getElementById(`item-${code}`), true);
  const missing = line.querySelector("template[data-missing]");
  if (missing) showMissing([...missing.content.children].map((li) => li.textContent), missing.dataset.saves);
  for (const place of line.querySelectorAll("template[data-remove]")) {
    const id = `remove-${place.dataset.remove}`;
    if (!document.getElementById(id)) {
      const removal = Object.assign(document.createElement("form"), { id, method: "post", action: place.dataset.action });
      removal.append(Object.assign(document.createElement("input"), { type: "hidden", name: "csrfmiddlewaretoken", value: form.elements.csrfmiddlewaretoken.value }));
      document.getElementById("removals").append(removal);
    }
  }
  document.getElementById(`item-${code}`).replaceWith(line);
  showParts();
}

async function upload(code, files, bearing) {
  const line = () => document.getElementById(`item-${code}`).querySelector(".upload-state");
  line().textContent = words.wordLocating;
  const coords = await locate();
  for (const [at, file] of files.entries()) {
    line().textContent = `${words.wordUploading} ${at + 1}/${files.length}`;
    try {
      replaceLine(code, await send(code, file, coords, bearing));
    } catch (fault) {
      if (fault.refused) {
        line().textContent = fault.message;
        return;
      }
      const again = Object.assign(document.createElement("button"), { type: "button", textContent: words.wordFailed });
      again.addEventListener("click", () => queue(() => upload(code, files.slice(at), bearing)));
      line().replaceChildren(again);
      addEventListener("online", () => again.isConnected && again.click(), { once: true });
      return;
    }
  }
}

form.addEventListener("change", (event) => {
  const code = event.target.dataset.upload;
  if (!code || !event.target.files.length) return;
  const files = [...event.target.files];
  const bearing = event.target.closest(".add-file").querySelector("[data-bearing]")?.value;
  event.target.value = "";
  queue(() => upload(code, files, bearing));
});

form.addEventListener("submit", () => {
  clearTimeout(timer);
  changed = false;
  keepHere(); // until the server's next page shows that it has them
});

/** Was this page made before the last save of the page it replaces had arrived? Then it is fetched again, once. */
function isStale() {
  const last = Number(sessionStorage.getItem(key));
  sessionStorage.removeItem(key);
  return last > Number(form.elements.saves.value);
}

showParts();
if (document.getElementById("refused")) keepHere();
else if (isStale()) location.reload();
else restore();
document.body.dataset.form = "ready";
