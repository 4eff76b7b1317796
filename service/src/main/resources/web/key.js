// A server with keys: asks for one, in the page's place for it.

const form = document.getElementById("key-form");
const input = document.getElementById("key");
const welcome = document.getElementById("welcome");
const REFUSED = "The server does not take this key, or not any more. Its operator gives out keys.";

/** Asks once; `go` is called when there is a key to try. */
export function askForKey(server, go) {
  if (server.key) document.getElementById("key-words").textContent = REFUSED;
  document.getElementById("state").dataset.state = "closed";
  document.getElementById("state-words").textContent = "No key";
  welcome.hidden = true;
  form.hidden = false;
  input.focus();
  form.onsubmit = (event) => {
    event.preventDefault();
    server.useKey(input.value);
    input.value = "";
    form.hidden = true;
    welcome.hidden = document.getElementById("log").childElementCount > 0;
    document.getElementById("prompt").focus();
    go();
  };
}
