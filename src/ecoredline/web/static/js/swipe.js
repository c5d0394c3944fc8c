/** A swipe handle: dragged by mouse or finger, moved by arrow keys, Home, End, Page Up and Down. */

const STEP = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10, Home: -100, End: 100 };

/**
 * Make `handle` (role="slider") slide over `box`; `moved(share)` hears 0..1 from the left.
 * Returns { show, share, set }.
 */
export function makeSwipe(handle, box, moved, settled = () => {}) {
  let percent = Number(handle.getAttribute("aria-valuenow"));

  function set(value) {
    percent = Math.min(100, Math.max(0, value));
    handle.style.left = `${percent}%`;
    handle.setAttribute("aria-valuenow", Math.round(percent));
    moved(percent / 100);
  }

  function follow(event) {
    const frame = box.getBoundingClientRect();
    set(((event.clientX - frame.left) / frame.width) * 100);
  }

  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    event.preventDefault();
  });
  handle.addEventListener("pointermove", (event) => {
    if (handle.hasPointerCapture(event.pointerId)) follow(event);
  });
  handle.addEventListener("pointerup", settled);
  handle.addEventListener("keydown", (event) => {
    if (!(event.key in STEP)) return;
    event.preventDefault();
    set(percent + STEP[event.key]);
    settled();
  });

  return {
    set,
    share: () => percent / 100,
    show(visible) {
      handle.hidden = !visible;
      if (visible) set(percent);
    },
  };
}
