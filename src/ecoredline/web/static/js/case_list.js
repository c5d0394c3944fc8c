/** The list of cases: buttons for several cases wait until some are chosen. */

const form = document.getElementById("chosen-cases");
const buttons = form ? [...form.querySelectorAll(".chosen-buttons button")] : [];

function follow() {
  const any = form.querySelector("input[name=case]:checked") !== null;
  for (const button of buttons) button.disabled = !any;
}

if (form) {
  form.addEventListener("change", follow);
  follow();
}
