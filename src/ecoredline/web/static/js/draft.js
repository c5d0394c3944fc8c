/** What was typed into a form, kept on the phone while there is no line. */

/** Fields of a form as [name, value], without files and without `own` (what belongs to the page, not to the person). */
export const fieldsOf = (form, own) => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !own.includes(name));

/** Keep a draft; a phone that keeps nothing does no harm. */
export function keep(key, draft) {
  try {
    localStorage.setItem(key, JSON.stringify(draft));
  } catch {
    /* private mode or a full store */
  }
}

/** The kept draft; null without one. */
export function kept(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

export const forget = (key) => localStorage.removeItem(key);

/** Put kept fields back. */
export function fill(form, fields) {
  for (const box of form.querySelectorAll("input[type=checkbox], input[type=radio]")) box.checked = false;
  for (const [name, value] of fields) {
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (field.type === "radio" || field.type === "checkbox") field.checked ||= field.value === value;
      else if (field.type !== "file") field.value = value;
    }
  }
}
