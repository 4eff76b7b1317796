// One question to the person at the page, in the dialog that is there for it.

const dialog = document.getElementById("ask");
const form = dialog.querySelector("form");
const input = document.getElementById("ask-input");

/**
 * Resolves to the words of the box where `value` is given, else to true; to null when it was called off. `confirm` are the words
 * of the button that goes on.
 */
export function ask({ title, words = "", value, confirm }) {
  document.getElementById("ask-title").textContent = title;
  document.getElementById("ask-words").textContent = words;
  document.getElementById("ask-confirm").textContent = confirm;
  input.hidden = value === undefined;
  input.required = value !== undefined;
  input.value = value ?? "";
  input.setAttribute("aria-label", title);
  dialog.returnValue = "";
  dialog.showModal();
  if (value !== undefined) input.select();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "confirm") resolve(null);
      else resolve(value === undefined ? true : input.value.trim());
    }, { once: true });
  });
}

document.getElementById("ask-cancel").addEventListener("click", () => dialog.close());
form.addEventListener("submit", (event) => {
  event.preventDefault(); // form-action allows no submit, not even one that a dialog takes.
  if (input.required && !input.value.trim()) return;
  dialog.close("confirm");
});
