// A question that is put differently: its words become a box until they are sent or left as they were.

/** `send` is called with new words; with the same ones, too, for that asks again. */
export function edit(view, send) {
  const body = view.node.querySelector(".text");
  const foot = view.node.querySelector(".foot");
  const form = document.createElement("form");
  form.className = "edit";
  const box = form.appendChild(document.createElement("textarea"));
  box.setAttribute("aria-label", "Your message, edited");
  box.value = view.turn.text;
  box.rows = Math.min(12, view.turn.text.split("\n").length + 1);
  const row = form.appendChild(document.createElement("div"));
  row.className = "row";
  const cancel = row.appendChild(document.createElement("button"));
  cancel.type = "button";
  cancel.className = "quiet";
  cancel.textContent = "Leave it";
  const submit = row.appendChild(document.createElement("button"));
  submit.className = "primary";
  submit.textContent = "Ask";

  function close() {
    form.remove();
    body.hidden = foot.hidden = false;
    foot.querySelector("[data-do=edit]")?.focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value.trim();
    close();
    if (text) send(text);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "Enter" && event.target === box && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  cancel.addEventListener("click", close);
  body.hidden = foot.hidden = true;
  body.after(form);
  box.focus();
}
