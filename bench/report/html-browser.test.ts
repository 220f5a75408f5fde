import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { exampleComparison } from "./fixture-comparison.ts";
import { lowContrast, outsideOfPlots, plotSizes } from "./fixture-page.ts";
import { renderHtml } from "./html.ts";

const executablePath = "/usr/bin/chromium";
const lacking = existsSync(executablePath)
  ? ""
  : `needs ${executablePath}: apt-get install chromium`;

/** What keeps a fresh profile from asking its vendor for anything. */
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let directory: string;
let url: string;
let browser: Browser;

beforeAll(async () => {
  if (lacking) return;
  directory = await mkdtemp(join(tmpdir(), "report-"));
  const path = join(directory, "report.html");
  await writeFile(path, renderHtml(exampleComparison(["route"])));
  url = pathToFileURL(path).href;
  browser = await chromium.launch({ executablePath, args });
}, 60_000);

afterAll(async () => {
  if (lacking) return;
  await browser?.close();
  await rm(directory, { recursive: true });
});

beforeEach((context) => {
  if (lacking) context.skip(lacking);
});

interface Opened {
  page: Page;
  requests: string[];
  complaints: string[];
}

async function open(width: number, colorScheme: "light" | "dark"): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const opened: Opened = { page, requests: [], complaints: [] };
  page.on("request", (request) => opened.requests.push(request.url()));
  page.on("console", (message) => opened.complaints.push(message.text()));
  page.on("pageerror", (error) => opened.complaints.push(error.message));
  await page.goto(url);
  return opened;
}

describe("the report in Chromium", { timeout: 60_000 }, () => {
  it("shows every plot, complains of nothing and asks nobody for anything", async () => {
    const { page, requests, complaints } = await open(1280, "light");
    const sizes = await page.evaluate(plotSizes);
    expect(sizes.length).toBeGreaterThan(60);
    for (const { width, height, bars } of sizes) {
      expect(width).toBeGreaterThan(300);
      expect(height).toBeGreaterThan(100);
      expect(Math.min(...bars, 1)).toBeGreaterThan(0);
    }
    expect(sizes.flatMap(({ bars }) => bars).length).toBe(20 * 8 * 2);
    expect(requests.filter((each) => !each.startsWith("data:"))).toEqual([url]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  for (const scheme of ["light", "dark"] as const) {
    it(`has a contrast of 4.5 or more of all text in the ${scheme} scheme`, async () => {
      const { page } = await open(1280, scheme);
      const { texts, low, background } = await page.evaluate(lowContrast);
      expect(background > 128 ? "light" : "dark").toBe(scheme);
      expect(texts).toBeGreaterThan(1000);
      expect(low).toEqual([]);
      await page.close();
    });
  }

  for (const width of [390, 1280]) {
    it(`needs no sideways scrolling at ${width} px, and its labels are whole`, async () => {
      const { page } = await open(width, "light");
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(
        width,
      );
      expect(await page.evaluate(outsideOfPlots)).toEqual([]);
      expect(await page.getByText("…").count()).toBe(0);
      await page.close();
    });
  }
});
