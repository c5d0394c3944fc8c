/** The page on which one patch is judged: keys, the claim's clock, the outline's editor. */

import { announce, sendOnce } from "./page.js";
import { ready } from "./patch.js";
import { makeEditor } from "./refine.js";

const RENEW_EVERY_MS = 60_000;
const LATE_SECONDS = 120;
const CLICKED = { a: "accept", b: "return", u: "undo", "?": "help-open" };

// ---- the claim: renewed while somebody works, counted down where it can be seen
const claim = document.getElementById("claim");
let ends = claim ? Date.now() + 1000 * Number(claim.dataset.seconds) : 0;
let renewed = Date.now();

async function renew() {
  if (!claim || Date.now() - renewed < RENEW_EVERY_MS) return;
  renewed = Date.now();
  const token = document.querySelector("#decide [name=csrfmiddlewaretoken]").value;
  const answer = await fetch(claim.dataset.renew, { method: "POST", headers: { "X-CSRFToken": token, Accept: "application/json" } });
  const said = await answer.json();
  if (answer.ok) ends = Date.now() + 1000 * said.seconds;
  else {
    claim.textContent = [said.message, ...(said.details ?? [])].join(" ");
    claim.classList.add("fault");
    announce(claim.textContent);
  }
}

if (claim) {
  for (const sign of ["keydown", "pointerdown", "wheel"]) addEventListener(sign, () => renew().catch(() => {}), { passive: true });
  const show = () => {
    const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
    const place = document.getElementById("claim-left");
    if (place) place.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    claim.classList.toggle("late", left < LATE_SECONDS);
  };
  show();
  setInterval(show, 1000);
}

// ---- reasons of dismissal
const reasons = document.getElementById("reasons");
const dismiss = document.getElementById("dismiss");

function showReasons(visible) {
  if (!reasons || !dismiss) return;
  reasons.hidden = !visible;
  dismiss.setAttribute("aria-expanded", String(visible));
  if (visible) reasons.scrollIntoView({ block: "nearest" });
}
dismiss?.addEventListener("click", () => showReasons(reasons.hidden));

sendOnce(); // a second press must not judge the next patch

// ---- the outline
const editor = ready.then((shown) => makeEditor(shown)).catch(() => null);

document.addEventListener("keydown", async (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (event.key === "Escape") {
    showReasons(false);
    (await editor)?.stop();
    return;
  }
  if (event.target.closest("input:not([type=radio]), select, textarea")) return;
  if (reasons && !reasons.hidden) {
    const reason = reasons.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (reason) return reason.click();
  }
  if (event.key === "d") dismiss?.click();
  else if (event.key === "r") document.getElementById("refine-start")?.click();
  else if (event.key === "s") document.querySelector(".chips-mode input:not(:checked)")?.click();
  else if (CLICKED[event.key]) document.getElementById(CLICKED[event.key])?.click();
});
