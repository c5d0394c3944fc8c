/** The images of a patch: which were used, and the better pair at one click. */

const place = document.getElementById("pair-part");

async function bring() {
  const answer = await fetch(place.dataset.src, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  place.replaceChildren(...page.body.childNodes);
  place.removeAttribute("aria-busy");
  document.getElementById("pair-show")?.addEventListener("click", toggle);
}

function toggle(event) {
  const images = document.getElementById("pair-images");
  images.hidden = !images.hidden;
  event.currentTarget.setAttribute("aria-expanded", String(!images.hidden));
  for (const image of images.querySelectorAll("img[data-src]")) {
    image.src = image.dataset.src;
    image.removeAttribute("data-src");
  }
}

if (place) bring().catch(() => {});
