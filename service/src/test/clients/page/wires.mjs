// Sockets of a page that can be cut, held, made deaf, and through which the server can be made to say other things.

/**
 * From now on the page's sockets go through the wires that this resolves to. What can be set: `cutAfter` so many events, as a lost network
 * would; `held`, no connection; `forgetful`, the server knows no answer; `drop` so many deltas; `deafAfter` so many events; `refusals`,
 * `thoughts`, the last number of an answer's events whose words are what the model thinks;
 * errors that attempts to resume meet, one each; `leaveAfter` so many events, when the server hands the answer on and leaves.
 * Counted are `cuts`, `connections` and `resumes`, the numbers after which it was asked to go on.
 */
export async function throughWires(page) {
  const wires = { cutAfter: Infinity, cuts: 0, held: false, forgetful: false, drop: 0, deafAfter: Infinity, thoughts: -1 };
  Object.assign(wires, { refusals: [], leaveAfter: Infinity, connections: 0, resumes: [] });
  await page.routeWebSocket(/\/v1\/responses/, (near) => {
    if (wires.held) {
      near.close({ code: 1011 });
      return;
    }
    wires.connections++;
    const far = near.connectToServer();
    let cut = false;
    near.onMessage((message) => {
      const event = JSON.parse(message);
      if (event.type === "response.resume") {
        wires.resumes.push(event.starting_after);
        const refusal = wires.refusals.shift();
        if (refusal) {
          near.send(JSON.stringify({ type: "error", status: refusal.status, error: refusal }));
          return;
        }
      }
      far.send(wires.forgetful ? message.replace(/resp_\w+/, "resp_of_nobody") : message);
    });
    far.onMessage((said) => {
      if (cut) return;
      const message = thoughtful(said, wires.thoughts);
      if (--wires.deafAfter <= 0) return;
      if (wires.drop > 0 && message.includes("output_text.delta")) {
        wires.drop--;
        return;
      }
      near.send(message);
      if (--wires.leaveAfter <= 0) {
        wires.leaveAfter = Infinity;
        const { sequence_number: number } = JSON.parse(message);
        near.send(JSON.stringify(notice(message.match(/(resp|msg)_(\w+)/)[2], number)));
        cut = true; // What the server says afterwards, it says to nobody.
      }
      if (--wires.cutAfter > 0) return;
      cut = true;
      wires.cuts++;
      wires.cutAfter = Infinity;
      far.close();
      near.close({ code: 1011 });
    });
  });
  return wires;
}

/** The same event, of a model that thinks up to its event of that number. */
function thoughtful(message, last) {
  const event = JSON.parse(message);
  if (event.type !== "response.output_text.delta" || event.sequence_number > last) return message;
  return JSON.stringify({ ...event, type: "response.reasoning_text.delta" });
}

/** What a server says that hands an answer on. It is none of its events, so its number is the last one's. */
function notice(id, number) {
  return {
    type: "response.incomplete",
    sequence_number: number,
    response: { id: `resp_${id}`, status: "incomplete", incomplete_details: { reason: "draining" } },
    resume: { response_id: `resp_${id}`, starting_after: number },
  };
}
