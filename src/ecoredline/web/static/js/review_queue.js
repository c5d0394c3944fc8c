/** The review queue: j takes the next patch, u takes the last word back. */

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
  const button = { j: "next-patch", u: "undo" }[event.key];
  if (button) document.getElementById(button)?.click();
});
