/** The small card over a chosen patch. Text goes in as text, never as markup. */

function line(parent, tag, text, className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  parent.append(element);
  return element;
}

function grade(value, words) {
  if (typeof value !== "number") return "—";
  const word = value >= 0.7 ? words.wordHigh : value >= 0.4 ? words.wordMiddle : words.wordLow;
  return `${word} ${value.toFixed(2)}`;
}

const hectares = (value, words) => (typeof value === "number" ? `${value.toFixed(4)} ${words.wordHectare}` : "—");

/** Make the popup of `map`; `closed()` hears that a person put it away. */
export function makePopup(map, config, words, closed) {
  const card = document.getElementById("popup");
  const overlay = new ol.Overlay({ element: card, positioning: "bottom-center", offset: [0, -14], stopEvent: true });
  map.addOverlay(overlay);

  function hide() {
    overlay.setPosition(undefined);
    card.hidden = true;
  }

  function show(coordinate, properties, href, pan) {
    card.replaceChildren();
    const close = line(card, "button", "×", "popup-close");
    close.type = "button";
    close.setAttribute("aria-label", words.wordClose);
    close.addEventListener("click", () => {
      hide();
      closed();
    });
    line(card, "b", properties.patch_id ?? "", "id");
    const activity = String(properties.activity_type ?? "");
    line(card, "p", `${activity} ${config.labels.activity[activity] ?? ""} · ${config.labels.channel[properties.channel] ?? ""}`);
    line(card, "p", `${words.wordArea} ${hectares(properties.redline_area_ha, words)}`);
    line(card, "p", `${words.wordConfidence} ${grade(properties.confidence, words)}`, "quiet");
    line(card, "a", `${words.wordOpen} →`).href = href;
    card.hidden = false;
    overlay.setPosition(coordinate);
    if (pan) overlay.panIntoView({ margin: 20, animation: { duration: 200 } });
  }

  /** Links to what other layers have at the same place, under what the card says already. */
  function add(others) {
    const lines = others.length ? line(card, "div", "", "popup-lines") : null;
    for (const other of others) {
      if (other.href) line(line(lines, "p", ""), "a", `${other.text} →`).href = other.href;
      else line(lines, "p", other.text, "quiet");
    }
  }

  /** A card with nothing but such links. */
  function list(coordinate, others) {
    card.replaceChildren();
    const close = line(card, "button", "×", "popup-close");
    close.type = "button";
    close.setAttribute("aria-label", words.wordClose);
    close.addEventListener("click", () => {
      hide();
      closed();
    });
    add(others);
    card.hidden = false;
    overlay.setPosition(coordinate);
    overlay.panIntoView({ margin: 20, animation: { duration: 200 } });
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !card.hidden) {
      hide();
      closed();
    }
  });
  return { show, add, list, hide };
}
