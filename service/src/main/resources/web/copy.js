// Into the clipboard, and a word on the button that it is there.

const SHOWN_MS = 1500;

export async function copyText(text, button) {
  const words = button.textContent;
  let done;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch {
    done = byHand(text); // A page over plain HTTP has no such clipboard, or its user forbade it.
  }
  button.textContent = done ? "Copied" : "Not copied";
  document.getElementById("news").textContent = done ? "Copied." : "The browser did not let the page copy.";
  setTimeout(() => {
    if (button.textContent !== words) button.textContent = words;
  }, SHOWN_MS);
}

function byHand(text) {
  const box = document.createElement("textarea");
  box.value = text;
  box.className = "unseen";
  document.body.append(box);
  const focused = document.activeElement;
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  focused?.focus();
  return done;
}
