/** The list of cases: buttons for several cases show when some are chosen. */

const form = document.getElementById("chosen-cases");
const buttons = form?.querySelector(".chosen-buttons");

function follow() {
  buttons.hidden = form.querySelector("input[name=case]:checked") === null;
}

if (buttons) {
  form.addEventListener("change", follow);
  follow();
}
