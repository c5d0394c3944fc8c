/** The audit of what was missed: one key a place. */

import { sendOnce } from "./page.js";

const CLICKED = { n: "nothing", y: "change", q: "unclear", u: "again" };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.target.closest("input, select, textarea")) return;
  document.getElementById(CLICKED[event.key])?.click();
});

sendOnce(); // a second press must not judge the next place
