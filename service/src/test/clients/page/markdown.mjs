// What models write: Markdown as it should look, text that means harm, and text that grows in any pieces.
//   node markdown.mjs CLIENTS_DIR CHROMIUM BASE_URL SEED CASES

import assert from "node:assert/strict";
import { DESKTOP, PHONE, accessible, answer, answered, ask, base, inSight, lastKept, more, noSideways, open, picture, script, step } from "./browser.mjs";

const [seed, cases] = more.map(Number);

/** Asks for the script's next answer, in a chat of its own. */
async function told(page) {
  await page.locator("#new-chat").click();
  await ask(page, "go on");
  await answered(page, 0);
  return answer(page, 0).locator(".text");
}

/** Answers may be as long as the context. */
async function talkative(page) {
  await page.locator("#settings-toggle").click();
  await page.locator("#max-tokens").fill("");
  await page.locator("#settings-toggle").click();
}

await script(async () => {
  const page = await open("light", DESKTOP, { permissions: ["clipboard-read", "clipboard-write"] });

  await talkative(page);

  step("Markdown is shown as what it means");
  const tour = await told(page);
  assert.deepEqual(
    await tour.evaluate((node) => [...node.children].map(({ localName, className }) => className || localName)),
    ["h3", "p", "ul", "ol", "blockquote", "code", "table", "hr", "p"],
  );
  assert.equal(await tour.locator("ul > li > ul > li").textContent(), "nested deeper");
  assert.equal(await tour.locator("ol").getAttribute("start"), "3");
  assert.deepEqual(await tour.locator("th, td").allTextContents(), ["wind", "km/h", "Tramontane", "100"]);
  assert.equal(await tour.locator("td.right").textContent(), "100");
  assert.equal(await tour.locator("p a").getAttribute("href"), "https://example.org/wind");
  assert.equal(await tour.locator("p a").getAttribute("rel"), "noopener noreferrer nofollow");
  await accessible(page, "Markdown in light");
  await picture(page, "markdown-light");

  step("a code block is copied as it was written");
  await tour.locator("figure button").click();
  await tour.locator("figure button", { hasText: "Copied" }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'if (a < b) {\n    blow("\\t");\n}\n');
  assert.equal(await tour.locator("figcaption span").textContent(), "java");

  step("item 64: what means harm is inert");
  const harm = await told(page);
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.deepEqual(await harm.evaluate((node) => [...new Set([...node.querySelectorAll("*")].map(({ localName }) => localName))].sort()), [
    "a",
    "button",
    "code",
    "figcaption",
    "figure",
    "p",
    "pre",
    "span",
  ]);
  const attributes = await harm.evaluate((node) => [...new Set([...node.querySelectorAll("*")].flatMap((one) => one.getAttributeNames()))]);
  assert.deepEqual(attributes.filter((name) => /^on|^style$|^src$|^id$/.test(name)), []);
  const addresses = await harm.locator("a").evaluateAll((links) => links.map((link) => link.href));
  assert.deepEqual(addresses, ["https://images.example/?secret=1", "https://example.org/?q=%22"]);
  assert.ok((await harm.textContent()).includes("<script>window.pwned = 1</script>"));
  assert.ok((await harm.textContent()).includes('<img src="x" onerror="window.pwned = 1">'));
  const plain = await page.context().newPage(); // Trying makes a complaint of itself.
  await plain.goto(base);
  const refusals = await plain.evaluate(() =>
    ["innerHTML", "outerHTML"].map((name) => {
      try {
        document.getElementById("log")[name] = "<b>bold</b>";
        return "taken";
      } catch (refused) {
        return refused.message;
      }
    }),
  );
  for (const refusal of refusals) assert.match(refusal, /TrustedHTML/, "the browser itself refuses markup from text");
  await plain.close();

  step("text that reorders itself stays in its block");
  const bidi = await told(page);
  assert.deepEqual(await bidi.evaluate((node) => [...node.children].map(({ dir }) => dir)), ["auto", "auto", ""]);
  const next = bidi.locator("p").nth(1);
  const [first, second] = await next.evaluate((node) => {
    const place = (at) => {
      const range = document.createRange();
      range.setStart(node.firstChild, at);
      range.setEnd(node.firstChild, at + 1);
      return range.getBoundingClientRect().left;
    };
    return [place(0), place(5)];
  });
  assert.ok(first < second, "what follows is read from left to right");
  await bidi.locator("figcaption", { hasText: "characters that reorder" }).waitFor();

  step("bombs are shown, and the page is as quick as before");
  for (let bomb = 0; bomb < 4; bomb++) {
    await told(page);
    assert.ok((await lastKept(page)).length > 3000);
  }
  await page.evaluate(async () => {
    const folder = document.querySelector("script[type=module]").src.replace("app.js", "");
    const { showWhole } = await import(`${folder}markdown.js`);
    for (const piece of ["[", "[a](", "*a **b ", "_a", "`a", ">", "> ", "- ", "<", "<!--", "&", "|a", "[a]: b\n", "~~a", "\n", " ", "a@", "a.", "\\", "https://",
      "![", "<http://a", "mailto:a@b.c,", "- a\n  ", "> - ", "**a*", "a\n===\n", "|a|b|\n|-|-|\n", "[x]: <", "&#x1;", "\0", "~~~a\n"]) {
      showWhole(piece.repeat(20_000 / piece.length), document.createElement("div"));
    }
  });
  assert.ok(await page.evaluate(() => document.querySelectorAll("#log *").length) < 20_000);
  await noSideways(page, "whatever is written");
  await inSight(page, "#prompt");

  step("growing in any pieces ends as whole");
  const faults = await page.evaluate(
    async ([seed, cases]) => {
      const folder = document.querySelector("script[type=module]").src.replace("app.js", "");
      const { GrowingMarkdown, showWhole } = await import(`${folder}markdown.js`);
      let state = seed;
      const random = (bound) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * bound);
      };
      const words = [
        "a", "wind", "**b**", "*", "_", "`", "``", "```", "~~~", "\n", "\n\n", "\n", "\n\n", " ", "    ", "- ", "* ", "+ ", "1. ", "2) ", "> ", "# ", "### ",
        "|", "|-|-|", "| a | b |\n|---|:-:|\n", "---", "===", "[a](https://a.example)", "[b]: https://b.example\n", "[b]", "![i](x)", "<b>", "&amp;", "\\",
        "https://c.example", "~~s~~", "\t", "\r\n", "é", "👩‍🚀", "שלום", "\n- x\n", "\n```js\nlet a;\n```\n", ">", "-", "1.", "#",
      ];
      const faults = [];
      for (let one = 0; one < cases; one++) {
        const text = Array.from({ length: 1 + random(40) }, () => words[random(words.length)]).join("");
        const grown = document.createElement("div");
        const markdown = new GrowingMarkdown(grown);
        for (let at = 0; at < text.length; ) {
          const size = 1 + random(6);
          markdown.append(text.slice(at, at + size));
          if (random(3) > 0) markdown.show();
          at += size;
        }
        markdown.finish(text);
        const whole = document.createElement("div");
        showWhole(text, whole);
        if (!grown.isEqualNode(whole)) faults.push({ text, grown: grown.outerHTML, whole: whole.outerHTML });
      }
      return faults;
    },
    [seed, cases],
  );
  assert.deepEqual(faults.slice(0, 3), [], `seed ${seed}: ${faults.length} of ${cases} differ`);

  step("a long answer is not parsed again and again, and settled blocks are left alone");
  const { open: opened, work, sizes, stays } = await page.evaluate(async () => {
    const folder = document.querySelector("script[type=module]").src.replace("app.js", "");
    const { GrowingMarkdown } = await import(`${folder}markdown.js`);
    const grow = (text) => {
      const markdown = new GrowingMarkdown(document.createElement("div"));
      for (let at = 0; at < text.length; at += 4) {
        markdown.append(text.slice(at, at + 4));
        if (markdown.due) markdown.show();
      }
      markdown.show();
      return markdown.parsed;
    };
    const list = (length) => "- an item of one list that does not end\n".repeat(length);
    const fence = (length) => `\`\`\`\n${"a line of code in a fence that nobody closes\n".repeat(length)}`;
    const table = (length) => `| a | b |\n|---|---|\n${"| a cell | of one table |\n".repeat(length)}`;
    const root = document.createElement("div");
    const markdown = new GrowingMarkdown(root);
    markdown.append("First.\n\nSecond.\n\n");
    markdown.show();
    const paragraph = root.firstChild;
    const words = paragraph.firstChild;
    markdown.append("Third.\n\nFourth.\n\n");
    markdown.show();
    return {
      open: [fence, table].map((text) => grow(text(160)) / grow(text(80))),
      work: [grow(list(500)), grow(list(1000)), grow("A paragraph of its own.\n\n".repeat(2000))],
      sizes: [list(500).length, list(1000).length, "A paragraph of its own.\n\n".length * 2000],
      stays: root.firstChild === paragraph && paragraph.firstChild === words && root.childElementCount === 4,
    };
  });
  assert.ok(work[1] < 2.5 * work[0], `twice the text is twice the work: ${work}`);
  assert.ok(Math.max(...opened) < 2.5, `also in a fence and a table that stay open: ${opened}`);
  assert.ok(work[2] < 60 * sizes[2], `blocks are parsed while they are open only: ${work[2]} of ${sizes[2]}`);
  assert.ok(stays, "what is shown stays where it is");
  await page.close();

  step("dark, on a phone");
  const phone = await open("dark", PHONE, { isMobile: true, hasTouch: true });
  await talkative(phone);
  await told(phone);
  await noSideways(phone, "with code and a table");
  await accessible(phone, "Markdown in dark on a phone");
  await picture(phone, "markdown-dark-phone");
});
