// Takes README's picture of the chat page: asks the server at BASE_URL a question and waits for its answer.
//   node screenshot.mjs CLIENTS_DIR CHROMIUM BASE_URL PICTURE.png [QUESTION]
import { createRequire } from "node:module";
import path from "node:path";

const [clients, executablePath, base, picture, question = "Show a Python function that adds two numbers. Only code."] = process.argv.slice(2);
const { chromium } = createRequire(path.resolve(clients) + "/")("playwright-core");

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--no-first-run"] });
try {
  const page = await browser.newPage({ colorScheme: "light", viewport: { width: 1040, height: 620 } });
  page.setDefaultTimeout(120_000);
  await page.goto(base);
  await page.locator("#state", { hasText: "Connected" }).waitFor();
  // Greedy, so that the picture is the same whoever takes it.
  await page.locator("#temperature").evaluate((slider) => {
    slider.value = 0;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await page.locator("#prompt").fill(question);
  await page.keyboard.press("Enter");
  await page.locator('.turn.answer[aria-busy="false"]').waitFor();
  await page.mouse.move(0, 0);
  await page.locator("#prompt").blur();
  await page.screenshot({ path: picture });
} finally {
  await browser.close();
}
