/** The filter form and the table: one selection, told to whoever listens. */

import { announce } from "./page.js";
import { selectionOf } from "./place.js";

const form = document.getElementById("filters");
const table = document.getElementById("patch-table");

/** The selection as the form shows it; a changed filter starts on page one again. */
function fromForm() {
  const params = new URLSearchParams(new FormData(form));
  params.delete("page");
  return selectionOf(params);
}

/** The selection the server answered with: what it could read of the address. */
export function answered() {
  const params = new URLSearchParams(form.dataset.query);
  params.set("page", document.getElementById("totals")?.dataset.page ?? "");
  return selectionOf(params);
}

/** Put a selection into the form's fields and count its filters on the drawer's button. */
export function fillForm(selection) {
  for (const field of form.elements) {
    if (field.name && field.name !== "run") field.value = selection.get(field.name) ?? "";
  }
  const active = [...selection.keys()].filter((key) => key !== "sort" && key !== "page").length;
  const badge = document.getElementById("filter-count");
  badge.textContent = active;
  badge.hidden = active === 0;
}

/** Fetch the table of a selection. */
export async function loadTable(url, selection, words) {
  table.setAttribute("aria-busy", "true");
  try {
    await htmx.ajax("GET", `${url}?${selection}`, { source: table, target: table, swap: "innerHTML" });
    const totals = document.getElementById("totals");
    if (totals) announce(totals.textContent.replace(/\s+/g, " ").trim());
  } catch {
    announce(words.wordLost);
  } finally {
    table.removeAttribute("aria-busy");
  }
}

/**
 * A patch that stands on another page of the table: its row is fetched and put first on this one,
 * until the table changes. False when the selection does not hold the patch.
 */
export async function pinRow(url, selection, pk, number) {
  const params = new URLSearchParams(selection);
  params.delete("page");
  params.set("q", number);
  const answer = await fetch(`${url}?${params}`);
  if (!answer.ok) return false;
  const fragment = new DOMParser().parseFromString(await answer.text(), "text/html");
  const row = fragment.querySelector(`tr[data-pk="${CSS.escape(pk)}"]`);
  const body = table.querySelector("tbody");
  if (!row || !body) return false;
  for (const old of body.querySelectorAll("tr.pinned")) old.remove();
  row.classList.add("pinned");
  body.prepend(row);
  body.closest(".table-scroll").scrollTop = 0;
  return true;
}

function lost(words) {
  const note = document.createElement("p");
  note.className = "fault";
  note.setAttribute("role", "alert");
  note.textContent = words.wordLost;
  table.prepend(note);
}

/** Hear the form, the headings and the pager; `changed(selection)` is told each new selection. */
export function listen(current, changed, words) {
  form.addEventListener("change", () => changed(fromForm()));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.matches(":popover-open")) form.hidePopover();
    changed(fromForm());
  });
  document.getElementById("filters-reset").addEventListener("click", (event) => {
    event.preventDefault();
    changed(selectionOf(new URLSearchParams()));
  });
  document.getElementById("run-select").addEventListener("change", (event) => event.target.form.submit());
  table.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-sort], a[data-page]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const next = new URLSearchParams(current());
    if (link.dataset.sort) {
      next.set("sort", link.dataset.sort);
      next.delete("page");
    } else next.set("page", link.dataset.page);
    changed(selectionOf(next));
  });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) table.addEventListener(name, () => lost(words));
}
