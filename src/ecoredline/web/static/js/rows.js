/** The rows of the table as a list to choose from: click, keys j and k, and the lit row. */

const table = document.getElementById("patch-table");
const rows = () => [...table.querySelectorAll("tr[data-pk]")];

/** Light the row of a patch and bring it into sight; false when it is not on this page. */
export function light(pk, scroll = true) {
  let found = null;
  for (const row of rows()) {
    const here = row.dataset.pk === String(pk);
    row.classList.toggle("chosen", here);
    if (here) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
    if (here) found = row;
  }
  if (found && scroll) found.scrollIntoView({ block: "nearest" });
  return found !== null;
}

/** `chosen(pk)` hears which patch a person picks in the list. */
export function listen(chosen) {
  table.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-pk]");
    if (row && !event.target.closest("a")) chosen(row.dataset.pk);
  });
  document.addEventListener("keydown", (event) => {
    if (!["j", "k"].includes(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest("input, select, textarea, [role=slider]")) return;
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("chosen"));
    const next = at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)));
    chosen(all[next].dataset.pk);
  });
}
