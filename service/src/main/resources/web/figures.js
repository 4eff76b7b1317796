// The server alive: what it computes, what waits and what it holds, every two seconds, from /capacity and its metrics. Either
// may be hidden from whoever looks; what is then left is shown, and what is not is said.

import { samplesOf } from "./samples.js";

const EVERY_MS = 2_000;
/** Rates shown in the curve: two minutes of them. */
const CURVE = 60;

const words = document.getElementById("figures-words");
const cards = document.getElementById("figures-cards");
const curve = document.getElementById("figures-curve");
const curveWords = document.getElementById("figures-curve-words");

/** Keeps the view of the server up to date until the function that it returns is called. */
export function watchServer(server) {
  let timer = 0;
  let stopped = false;
  let before = null;
  const rates = [];

  async function look() {
    const [capacity, metrics] = await Promise.all([read(server, "/capacity", JSON.parse), read(server, "/metrics", samplesOf)]);
    if (stopped) return;
    show(capacity, metrics);
    timer = setTimeout(look, EVERY_MS);
  }

  function show(capacity, metrics) {
    const plan = capacity.value;
    const sample = metrics.value ?? (() => null);
    const now = {
      at: performance.now(),
      prompt: sample("tramontane_prompt_tokens_total"),
      answer: sample("tramontane_generation_tokens_total"),
    };
    // Counters that have gone back are another process's: there is no rate between the two.
    const rate = (name) => (now[name] === null || !(before?.[name] <= now[name]) ? null : ((now[name] - before[name]) * 1000) / (now.at - before.at));
    say([capacity, metrics].map(({ hidden }) => hidden).filter(Boolean));
    cards.replaceChildren(...(plan || metrics.value ? cardsOf(plan, sample, rate) : []));
    draw(rate("answer"));
    before = metrics.value ? now : null;
  }

  function say(hidden) {
    const health = hidden.length ? hidden.join(" ") : `${server.model || "The model"}, as it is now.`;
    if (words.textContent !== health) words.textContent = health;
  }

  function draw(rate) {
    if (rate !== null) rates.push(rate);
    if (rates.length > CURVE) rates.shift();
    curve.toggleAttribute("hidden", rates.length < 2);
    const top = Math.max(1, ...rates);
    const points = rates.map((value, at) => `${CURVE - rates.length + at},${(19.5 - (19 * value) / top).toFixed(2)}`);
    curve.firstElementChild.setAttribute("points", points.join(" "));
const told = `Tokens a second in the last two minutes: at most ${Math.max(0, ...rates).toFixed(1)}`;
    curve.setAttribute("aria-label", told);
    curveWords.textContent = rates.length < 2 ? "" : told;
  }

  look();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

function cardsOf(plan, sample, rate) {
  const pages = (state) => sample("tramontane_cache_pages", `state="${state}"`);
  const sum = (name) => plan?.groups.reduce((all, group) => all + group[name], 0);
  const used = sum("pages_used") ?? pages("used");
  const reserved = sum("pages_reserved") ?? pages("reserved");
  const total = sum("pages") ?? pages("total");
  const slots = plan ? `of ${whole(plan.sequences.slots)} that compute together` : "answers that compute";
  const queue = plan ? `of ${whole(plan.waiting.requests_limit)} that may wait` : "requests in the queue";
  return [
    card("Running", whole(plan?.sequences.running ?? sample("tramontane_requests_running")), slots),
    card("Waiting", whole(plan?.waiting.requests ?? sample("tramontane_requests_waiting")), queue),
    card("Parked", whole(plan?.sequences.parked ?? sample("tramontane_requests_parked")), "answers whose reader stands still"),
    card("Tokens a second", tenths(rate("answer")), `and ${tenths(rate("prompt"))} of prompts`),
    card("Cache promised", percent(reserved, total), `${whole(reserved)} of ${whole(total)} pages; ${whole(used)} in use`),
    card("Connections", whole(sample("tramontane_http_connections")), `${whole(sample("tramontane_http_open_streams") ?? 0)} answers streaming`),
    ...(plan ? [card("Room", whole(plan.whole_sequences), `whole contexts of ${whole(plan.terms.context_tokens)} tokens, ${mebibytes(plan.whole_sequence_bytes)} each`)] : []),
  ];
}

/** What a path says, or why it says nothing. */
async function read(server, path, parse) {
  let reply, text;
  try {
    reply = await server.get(path);
    text = await reply.text();
  } catch {
    return { hidden: `${path} cannot be reached.` };
  }
  if (reply.status === 404) return { hidden: `${path} is not to be seen here: this server keeps it on another port, or has none.` };
  try {
    return reply.ok ? { value: parse(text) } : { hidden: `${path} is not to be seen: ${JSON.parse(text).error.message}` };
  } catch {
    return { hidden: `${path} says what this page can't read (HTTP status ${reply.status}).` };
  }
}

function card(name, value, more) {
  const term = document.createElement("div");
  for (const [element, className, text] of [["dt", "", name], ["dd", "value", value], ["dd", "hint", more]]) {
    const node = term.appendChild(document.createElement(element));
    if (className) node.className = className;
    node.textContent = text;
  }
  return term;
}

const whole = (value) => value?.toLocaleString("en") ?? "–";
const tenths = (value) => value?.toFixed(1) ?? "–";
const percent = (part, all) => (all ? `${((100 * part) / all).toFixed(1)} %` : "–");
const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
