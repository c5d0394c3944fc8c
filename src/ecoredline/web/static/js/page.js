/** What every page does: keep the place over a change of language, say what background work does. */

/** Say something to a screen reader without moving the focus. */
export function announce(text) {
  const place = document.getElementById("announcer");
  if (place.textContent !== text) place.textContent = text;
}

for (const form of document.querySelectorAll("form[data-keep-place]")) {
  form.addEventListener("submit", () => {
    form.elements.next.value = location.pathname + location.search + location.hash;
  });
}

// A fragment that was answered by the log-in page means the session is over.
document.addEventListener("htmx:beforeSwap", (event) => {
  const answer = new URL(event.detail.xhr.responseURL || location.href);
  if (answer.pathname !== event.detail.requestConfig.path.split("?")[0] && answer.pathname.includes("/login/")) {
    event.detail.shouldSwap = false;
    location.reload();
  }
});

// A running job is polled each second, but said aloud only when its stage changes.
document.addEventListener("htmx:load", (event) => {
  const job = event.detail.elt.closest?.(".job");
  if (job) announce(job.dataset.say);
});

/** Forms that post are sent once, however often the button is pressed. */
export function sendOnce() {
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
    });
  }
}
