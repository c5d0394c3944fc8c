/** The plan's rows: add and remove one; a kind brings its own words where nothing is typed. */

const list = document.getElementById("plan-items");
const kinds = Object.fromEntries(JSON.parse(document.getElementById("kinds").textContent).map((kind) => [kind.code, kind]));
const add = document.getElementById("add-item");

function fill(item) {
  const kind = kinds[item.querySelector("[name=item_kind]").value];
  const title = item.querySelector("[name=item_title]");
  item.querySelector("[name=item_condition]").placeholder = kind?.condition ?? "";
  if (kind && !title.value) title.value = kind.label;
}

function prepare(item) {
  const remove = item.querySelector(".remove-item");
  remove.hidden = false;
  remove.addEventListener("click", () => {
    if (list.children.length > 1) item.remove();
  });
  item.querySelector("[name=item_kind]").addEventListener("change", () => fill(item));
}

add.hidden = false;
add.addEventListener("click", () => {
  const item = list.lastElementChild.cloneNode(true);
  for (const field of item.querySelectorAll("input, textarea, select")) field.value = "";
  list.append(item);
  prepare(item);
  item.querySelector("select").focus();
});
for (const item of list.children) prepare(item);
