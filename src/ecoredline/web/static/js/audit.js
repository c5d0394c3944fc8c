/** The audit of what was missed: one key a place. */

const CLICKED = { n: "nothing", y: "change", q: "unclear", u: "again" };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.target.closest("input, select, textarea")) return;
  document.getElementById(CLICKED[event.key])?.click();
});

// A second press must not judge the next place: a form is sent once.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
