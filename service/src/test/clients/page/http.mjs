// Behind a proxy that lets no WebSocket through the page reads its answers over HTTP, cut at any byte.
//   node http.mjs CLIENTS_DIR CHROMIUM BASE_URL EXPECTED

import assert from "node:assert/strict";
import http from "node:http";
import { DESKTOP, PHONE, accessible, answer, answered, answering, ask, base, kept, lastKept, more, oneRow, picture, script, step, until, visit } from "./browser.mjs";

const [expected] = more;

/** A proxy that refuses upgrades, cuts streams of events after so many bytes, and refuses attempts to go on as it is told to. */
function proxy() {
  const way = { cutAfter: Infinity, cuts: 0, refusals: [], resumes: [], upgrades: 0, cancels: 0, handOn: false };
  const target = new URL(base);
  way.server = http.createServer((request, response) => {
    const resumed = /[?&]starting_after=(\d+)/.exec(request.url);
    if (resumed) way.resumes.push(Number(resumed[1]));
    if (request.url.endsWith("/cancel")) way.cancels++;
    const refusal = resumed && way.refusals.shift();
    if (refusal) {
      response.writeHead(refusal, { "Content-Type": "text/html", "Retry-After": "1" }).end("<h1>Bad gateway</h1>");
      return;
    }
    const { hostname, port } = target;
    const asked = http.request({ hostname, port, path: request.url, method: request.method, headers: request.headers }, (reply) => {
      response.writeHead(reply.statusCode, reply.headers);
      const events = reply.headers["content-type"]?.startsWith("text/event-stream");
      reply.on("data", (bytes) => {
        if (events && way.handOn) {
          way.handOn = false;
          response.end(`data: ${JSON.stringify(notice(/resp_\w+/.exec(bytes)[0]))}\n\n`);
          reply.destroy();
          return;
        }
        if (!events || bytes.length < way.cutAfter) {
          if (events) way.cutAfter -= bytes.length;
          response.write(bytes);
          return;
        }
        response.write(bytes.subarray(0, way.cutAfter), () => response.destroy());
        way.cutAfter = Infinity;
        way.cuts++;
        reply.destroy();
      });
      reply.on("end", () => response.end());
    });
    asked.on("error", () => response.destroy());
    request.pipe(asked);
    response.on("close", () => asked.destroy());
  });
  way.server.on("upgrade", (_, socket) => {
    way.upgrades++;
    socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  return new Promise((resolve) => way.server.listen(0, "127.0.0.1", () => resolve(way)));
}

/** What a server says that leaves before an answer's first event. */
const notice = (id) => ({
  type: "response.incomplete",
  sequence_number: -1,
  response: { id, status: "incomplete", incomplete_details: { reason: "draining" } },
  resume: { response_id: id },
});

await script(async () => {
  const way = await proxy();
  try {
    const page = await visit("light", DESKTOP, { address: `http://127.0.0.1:${way.server.address().port}/`, forgiving: true });
    const state = page.locator("#state", { hasText: "Connected over HTTP" });

    step("where no WebSocket gets through it is HTTP, and the page says so");
    await state.waitFor();
    assert.equal(way.upgrades, 3);
    await oneRow(page, "over HTTP");
    await ask(page, "whole");
    await answered(page, 0);
    assert.equal(await lastKept(page), expected);
    assert.doesNotMatch(await answer(page, 0).locator(".meta").textContent(), /resumed/);
    await accessible(page, "over HTTP");
    await picture(page, "http-light");

    step("a stream that is cut at any byte loses nothing and doubles nothing");
    for (const bytes of [2_345, 1, 678, 9_001]) {
      const { cuts } = way;
      way.cutAfter = bytes;
      if (bytes === 2_345) await ask(page, "cut");
      await until(page, "cut", () => way.cuts > cuts);
    }
    await answered(page, 1);
    assert.equal(await lastKept(page), expected);
    assert.match(await answer(page, 1).locator(".meta").textContent(), /resumed after a lost connection/);

    step("what is refused on the way is asked again");
    await page.locator("#new-chat").click();
    way.refusals = [502, 503];
    way.cutAfter = 10_000;
    await ask(page, "refused");
    await answer(page, 0).locator(".meta", { hasText: "does not go on yet (HTTP status 502): trying again in 1 s" }).waitFor();
    await answered(page, 0);
    assert.equal(await lastKept(page), expected);

    step("it stops when it is told to");
    await ask(page, "stop");
    await answering(page);
    await page.locator("#stop").click();
    await answer(page, 1).locator(".meta", { hasText: "stopped" }).waitFor();
    assert.equal(way.cancels, 1);
    assert.ok(expected.startsWith(await lastKept(page)));

    step("it goes on after a reload");
    await ask(page, "reload");
    await until(page, "kept while it grows", async () => (await kept(page)).some(({ status, text }) => status === "streaming" && text));
    way.resumes = [];
    await page.reload();
    await answered(page, 2);
    assert.equal(await lastKept(page), expected);
    assert.equal(way.resumes.length, 1);

    step("what is handed on before it began is read from its beginning");
    way.handOn = true;
    await ask(page, "handed on");
    await answer(page, 3).locator(".meta", { hasText: "hands this answer on: trying again in 1 s" }).waitFor();
    await answered(page, 3);
    assert.equal(await lastKept(page), expected);

    step("on a phone");
    await page.setViewportSize(PHONE);
    await oneRow(page, "over HTTP on a phone");
  } finally {
    way.server.closeAllConnections();
    way.server.close();
  }
});
