// The settings' form as fields of a request, kept in this browser.

const KEPT = "parameters";
const form = document.getElementById("settings");
const fields = ["temperature", "top-p", "max-tokens", "seed", "instructions"].map((id) => document.getElementById(id));
const [temperature, topP, maxTokens, seed, instructions] = fields;

export const parameters = {
  /** Members of a request; what is left out is the server's. */
  get fields() {
    return {
      temperature: temperature.valueAsNumber,
      top_p: topP.valueAsNumber,
      ...(seed.value && { seed: seed.valueAsNumber }),
      ...(instructions.value.trim() && { instructions: instructions.value.trim() }),
    };
  },

  /** The most tokens that an answer is wanted to have, Infinity for as many as fit. */
  get longest() {
    return maxTokens.value ? maxTokens.valueAsNumber : Infinity;
  },

  /** Whether all can be sent; where not, the browser says at the field why. */
  check() {
    const wrong = fields.find((field) => !field.checkValidity());
    if (!wrong) return true;
    showSettings(true);
    wrong.reportValidity();
    return false;
  },
};

export function showSettings(shown) {
  form.hidden = !shown;
  document.getElementById("settings-toggle").setAttribute("aria-expanded", String(shown));
}

function showValues() {
  for (const slider of [temperature, topP]) {
    document.getElementById(`${slider.id}-value`).textContent = slider.valueAsNumber.toFixed(slider === topP ? 2 : 1);
  }
}

function restore() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    for (const field of fields) if (typeof kept[field.id] === "string") field.value = kept[field.id];
  } catch {
    // Storage is forbidden here, or holds something else: the defaults, then.
  }
}

form.addEventListener("input", () => {
  showValues();
  try {
    localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(fields.map(({ id, value }) => [id, value]))));
  } catch {
    // Then they live as long as the page.
  }
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => {
  queueMicrotask(() => form.dispatchEvent(new Event("input")));
});
document.getElementById("settings-toggle").addEventListener("click", () => showSettings(form.hidden));
restore();
showValues();
