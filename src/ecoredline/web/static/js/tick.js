/** A list with ticks: all of the page at once, and how many are ticked. */

const form = document.getElementById("many");
if (form) {
  const every = form.querySelector("[data-tick-all]");
  const said = form.querySelector("[data-ticked]");
  const boxes = [...form.querySelectorAll('input[name="ids"]')];
  const count = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    if (said) said.textContent = ticked;
    form.toggleAttribute("data-any", ticked > 0);
    every.checked = ticked === boxes.length;
    every.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  every.addEventListener("change", () => {
    for (const box of boxes) box.checked = every.checked;
    count();
  });
  form.addEventListener("change", count);
  count();
}
