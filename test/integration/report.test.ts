import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { matrixDocument } from "../../rehearse/report/document.ts";
import { pageBundle } from "../../verify/report/bundle.ts";
import { pageData } from "../../verify/report/html/shell.ts";
import type { RunResult } from "../../verify/report/result.ts";
import { type ReportPaths, writeReport } from "../../verify/report/write.ts";
import { aMatrix } from "../unit/rehearse/report/a-matrix.ts";
import { aHostileRun } from "../unit/verify/report/a-hostile-run.ts";
import { aRun } from "../unit/verify/report/a-run.ts";
import { launchChromium } from "./chromium.ts";
import { lowContrast } from "./low-contrast.ts";

let root: string;
let browser: BrowserContext;
let report: ReportPaths;
let result: RunResult;
let page: Page;
/** What the page asked for, and what it complained of. */
let requests: string[];
let complaints: string[];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "lvs-lab-test-"));
  report = await writeReport(join(root, "report"), aRun());
  result = JSON.parse(readFileSync(report.json, "utf8"));
  browser = await launchChromium(join(root, "browser"), { width: 1320, height: 900 });
});

afterAll(async () => {
  await browser?.close();
  rmSync(root, { recursive: true, force: true, maxRetries: 3 });
});

beforeEach(async () => {
  page = await browser.newPage();
  requests = [];
  complaints = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => {
    complaints.push(dialog.message());
    void dialog.dismiss();
  });
});

afterEach(async () => {
  await page.close();
});

const open = async (path: string = report.html): Promise<void> => {
  await page.goto(pathToFileURL(path).href);
  await page.locator("html[data-drawn]").waitFor();
  await frames();
};

/** ECharts draws with the next frame. */
const frames = async (): Promise<void> => {
  await page.evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))");
};

/** How many of each colour the timeline's canvas has, the background's transparency left out. */
const colours = async (): Promise<Record<string, number>> =>
  page.evaluate(`(() => {
    const canvas = document.querySelector("#chart canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const counts = {};
    for (let n = 0; n < data.length; n += 4) {
      if (data[n + 3] < 255) continue;
      const name = data[n] + "," + data[n + 1] + "," + data[n + 2];
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  })()`);

/** A variable of the style sheet as the canvas has it. */
const colourOf = async (name: string): Promise<string> =>
  page.evaluate(`(() => {
    const probe = document.body.appendChild(document.createElement("span"));
    probe.style.color = "var(--${name})";
    const colour = getComputedStyle(probe).color.match(/\\d+/g).slice(0, 3).join(",");
    probe.remove();
    return colour;
  })()`);

/** What of the run is shown, in seconds. */
const shown = async (): Promise<[number, number]> => {
  await frames();
  const words = await page.locator("#shown").textContent();
  const [from = 0, to = 0] = words?.match(/[\d.]+/g)?.map(Number) ?? [];
  return [from, to];
};

/** Puts the pointer on the timeline: a share of its width from the left, in the lane of requests. */
const point = async (share: number, down = 380): Promise<void> => {
  await page.evaluate('document.querySelector("#chart").scrollIntoView({ behavior: "instant" })');
  const box = await page.locator("#chart").boundingBox();
  if (!box) throw new Error("there is no timeline");
  await page.mouse.move(box.x + box.width * share - 1, box.y + down);
  await page.mouse.move(box.x + box.width * share, box.y + down);
  await frames();
};

describe("report.html", () => {
  it("opens from a file, loads nothing besides, and complains of nothing", async () => {
    await open();
    await point(0.5);
    await page.locator("button.show").first().click();
    await page.locator("summary").first().click();
    await frames();
    expect(requests).toEqual([pathToFileURL(report.html).href]);
    expect(complaints).toEqual([]);
    expect(await page.title()).toBe("✗ The master crashes and comes back – lvs-lab");
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
  });

  it("draws every outcome and every state in its colour", async () => {
    await open();
    const seen = await colours();
    const names = [
      "answered",
      "delayed",
      "failed",
      "master",
      "backup",
      "owner-0",
      "owner-1",
      "server-0",
      "good",
      "bad",
    ];
    for (const name of names) expect(seen[await colourOf(name)], name).toBeGreaterThan(20);
    // 2.7 s of 30 s failed, 1.1 s were delayed.
    const failed = seen[await colourOf("failed")] ?? 0;
    const answered = seen[await colourOf("answered")] ?? 0;
    expect(failed / answered).toBeGreaterThan(0.04);
    expect(failed / answered).toBeLessThan(0.2);
  });

  it("has the numbers of result.json in its tables", async () => {
    await open();
    const figures = await page.locator("data[data-figure]").evaluateAll((all) =>
      all.map((one) => ({
        path: one.getAttribute("data-figure") ?? "",
        value: Number(one.getAttribute("value")),
        text: one.textContent ?? "",
      })),
    );
    for (const { path, value, text } of figures) {
      expect(value, path).toBe(at(result, path));
      expect(Math.abs(Number(text) - value), path).toBeLessThanOrEqual(0.5);
    }
    const paths = figures.map(({ path }) => path);
    const wanted = result.windows.flatMap(({ outage, perServer, promise }, index) =>
      [
        ...(outage.longest ? ["outage/longest/ms", "outage/longest/errorMs"] : ["outage/slowestConnectMs"]),
        ...(promise ? ["promise/minimumMs", "promise/maximumMs", "promise/toleranceMs"] : []),
        ...["total", "answered", "delayed", "failed"].map((name) => `outage/counts/${name}`),
        ...Object.keys(perServer).map((name) => `perServer/${name}`),
      ].map((path) => `/windows/${index}/${path}`),
    );
    expect(paths).toEqual(expect.arrayContaining(wanted));
    expect(wanted.length).toBeGreaterThan(20);
    const load = [
      "counts/total",
      "latency/medianMs",
      "latency/p99Ms",
      "jitter/maxMs",
      "intervalMs",
      "perServer/server2",
    ];
    expect(paths).toEqual(expect.arrayContaining(load.map((path) => `/load/${path}`)));
  });

  it("tells of each step what was expected and seen, and shows the evidence of the failed one", async () => {
    await open();
    expect(await page.locator(".steps > li").count()).toBe(9);
    const failed = page.locator("#step-9");
    expect(await failed.textContent()).toContain("3 delayed, 0 failed");
    expect(await failed.locator("pre").first().isVisible()).toBe(true);
    expect(await page.locator("#step-3 pre").isVisible()).toBe(false);
  });
});

describe("the timeline", () => {
  it("zooms where the pointer is with Ctrl and the wheel, and lets the page scroll without", async () => {
    await open();
    expect(await shown()).toEqual([0, 30]);
    await point(0.3);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -300);
    await page.keyboard.up("Control");
    const [from, to] = await shown();
    expect(to - from).toBeLessThan(29);
    expect(from).toBeGreaterThan(0);
    // The pointer is left of the middle, so more goes on the right.
    expect(30 - to).toBeGreaterThan(from);
    await page.mouse.wheel(0, 300);
    expect(await shown()).toEqual([from, to]);
  });

  it("shows what the buttons, the slider and the keys say", async () => {
    await open();
    await page.locator("button.show").nth(1).click();
    const [from, to] = await shown();
    expect(from).toBeCloseTo(5.05, 1);
    expect(to).toBeCloseTo(14.77, 1);
    await page.locator("[data-zoom=all]").click();
    expect(await shown()).toEqual([0, 30]);

    await point(0.5);
    const box = await page.locator("#chart").boundingBox();
    if (!box) throw new Error("there is no timeline");
    const slider = box.y + box.height - 17;
    await page.mouse.move(box.x + box.width - 22, slider);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, slider, { steps: 8 });
    await page.mouse.up();
    const half = await shown();
    expect(half[0]).toBe(0);
    expect(half[1]).toBeGreaterThan(10);
    expect(half[1]).toBeLessThan(20);

    await page.locator("#chart").focus();
    await page.keyboard.press("ArrowRight");
    expect((await shown())[0]).toBeGreaterThan(1);
    await page.keyboard.press("+");
    const closer = await shown();
    expect(closer[1] - closer[0]).toBeLessThan(half[1] * 0.7);
    await page.keyboard.press("0");
    expect(await shown()).toEqual([0, 30]);
  });

  it("draws finer bins the closer one looks", async () => {
    await open();
    await point(0.5);
    const bin = async () =>
      Number(/requests in (\d+) ms/.exec((await page.locator(".moment").textContent()) ?? "")?.[1]);
    const coarse = await bin();
    for (let n = 0; n < 6; n += 1) await page.locator("[data-zoom=in]").click();
    await point(0.5);
    expect(await bin()).toBe(20);
    expect(coarse).toBeGreaterThan(60);
  });

  it("tells what was so at the moment that is pointed at", async () => {
    await open();
    await point((116 + (7 / 30) * (1270 - 116 - 22)) / 1270);
    const text = (await page.locator(".moment").textContent()) ?? "";
    expect(text).toMatch(/^(6\.|7\.)\d+ s/);
    for (const words of ["power off server1", "silent", "nobody", "master-crash"]) expect(text).toContain(words);
  });

  it("is there also for a run that ended before anything was seen", async () => {
    const { load, series, ...run } = aRun();
    const none = { total: 0, answered: 0, delayed: 0, failed: 0, bodies: {}, errors: {} };
    const latency = { medianMs: 0, p95Ms: 0, p99Ms: 0, maxMs: 0 };
    const columns = { due: [], started: [], connected: [], ended: [], outcome: [], server: [], error: [] };
    const { html } = await writeReport(join(root, "early"), {
      ...run,
      durationMs: 0,
      interrupted: "SIGINT",
      steps: [],
      windows: [],
      diagnoses: [],
      load: { ...load, counts: none, perServer: {}, latency },
      series: {
        ...series,
        requests: { ...series.requests, ...columns, servers: [], errors: [] },
        connections: [],
        arp: [],
        adverts: [],
        gratuitousArp: [],
        vrrpStates: [],
        vipOwners: [],
        capture: null,
      },
    });
    await open(html);
    await point(0.5, 130);
    await page.locator("[data-zoom=in]").click();
    await page.emulateMedia({ media: "print" });
    await page.locator("#print-chart svg").waitFor();
    await page.emulateMedia({ media: null });
    expect(complaints).toEqual([]);
    expect(await page.locator("#print-chart text").allTextContents()).toContain("Latency");
  });

  it("is fluent with 60,000 requests", async () => {
    const { html } = await writeReport(join(root, "long"), aRun({ durationMs: 600_000, intervalMs: 10 }));
    const begin = performance.now();
    await open(html);
    const drawn = performance.now() - begin;
    await point(0.5);
    await page.keyboard.down("Control");
    const zoomed = performance.now();
    for (let n = 0; n < 10; n += 1) {
      await page.mouse.wheel(0, -120);
      await frames();
    }
    const each = (performance.now() - zoomed) / 10;
    await page.keyboard.up("Control");
    expect(complaints).toEqual([]);
    // On two busy cores without a GPU; it is a tenth of that on an idle machine.
    expect(drawn).toBeLessThan(20_000);
    expect(each).toBeLessThan(1000);
  });
});

describe("its look", () => {
  it("is the system's, and the other one at the press of a key", async () => {
    await open();
    const ground = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const light = await ground();
    const answered = await colourOf("answered");
    expect((await colours())[answered]).toBeGreaterThan(1000);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await frames();
    expect(await page.locator("#theme").getAttribute("aria-pressed")).toBe("true");
    expect(await ground()).not.toBe(light);
    expect((await colours())[answered] ?? 0).toBeLessThan(100);
    expect((await colours())[await colourOf("answered")]).toBeGreaterThan(1000);
    await page.keyboard.press("Enter");
    await frames();
    expect(await ground()).toBe(light);

    await page.emulateMedia({ colorScheme: "dark" });
    expect(await ground()).toBe(light);
    await page.reload();
    await page.locator("html[data-drawn]").waitFor();
    expect(await ground()).not.toBe(light);
    expect(await page.locator("#theme").getAttribute("aria-pressed")).toBe("true");
    await page.emulateMedia({ colorScheme: "light" });
  });

  it.each(["light", "dark"] as const)("has enough contrast for its texts when %s (WCAG AA)", async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await open();
    expect(await page.evaluate(lowContrast)).toEqual([]);
    await page.emulateMedia({ colorScheme: "light" });
  });

  it("is for paper when printed: the whole timeline black on white, no buttons, no closed evidence", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await open();
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    await page.locator("#print-chart svg").waitFor();
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    expect(await page.locator("#chart").isVisible()).toBe(false);
    expect(await page.locator("button:visible").count()).toBe(0);
    expect(await page.locator("#step-3 details").isVisible()).toBe(false);
    expect(await page.locator("#step-9 pre").first().isVisible()).toBe(true);
    const texts = await page.locator("#print-chart text").allTextContents();
    expect(texts).toEqual(expect.arrayContaining(["Scenario", "VRRP", "server4", "Latency", "30 s"]));
    const svg = await page.locator("#print-chart svg").boundingBox();
    expect(svg?.width).toBeGreaterThan(600);
    await page.emulateMedia({ media: null, colorScheme: "light" });
    const pdf = await page.pdf({ format: "A4" });
    expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
    expect(pdf.length).toBeGreaterThan(50_000);
  });

  it("fits 900 pixels", async () => {
    await page.setViewportSize({ width: 900, height: 900 });
    await open();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(900);
  });
});

describe("the page of a rehearsal", () => {
  const html = () => join(root, "matrix.html");
  const legends = () => page.locator("[data-legend]:visible h3").allTextContents();
  beforeAll(async () => {
    const long = { ...aRun({ durationMs: 60_000 }), startedAt: "2026-01-01T12:01:00.000Z" };
    const document = matrixDocument(aMatrix(), [pageData(aRun()), pageData(long)], await pageBundle());
    writeFileSync(html(), document);
  });

  it("draws the run of the row whose button is pressed, with its own legend", async () => {
    await open(html());
    expect(await shown()).toEqual([0, 30]);
    expect(await legends()).toEqual(["crash, 172.25.254.100:80: the master loses its power"]);
    await page.locator("#cell-2 button.show").click();
    expect((await shown())[1]).toBeLessThan(20);
    expect(await legends()).toEqual(["refuse, 172.25.254.100:80: a real server refuses connections"]);
    await page.locator("[data-zoom=all]").click();
    expect(await shown()).toEqual([0, 60]);
    expect((await colours())[await colourOf("failed")]).toBeGreaterThan(20);
    await page.emulateMedia({ media: "print" });
    await page.locator("#print-chart svg").waitFor();
    expect(await page.locator("#print-chart text").allTextContents()).toContain("60 s");
    await page.emulateMedia({ media: null });
    expect(requests).toEqual([pathToFileURL(html()).href]);
    expect(complaints).toEqual([]);
  });

  it.each(["light", "dark"] as const)(
    "has enough contrast for its texts when %s, and fits 1000 pixels",
    async (colorScheme) => {
      await page.setViewportSize({ width: 1000, height: 900 });
      await page.emulateMedia({ colorScheme });
      await open(html());
      expect(await page.evaluate(lowContrast)).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(1000);
      await page.emulateMedia({ colorScheme: "light" });
    },
  );

  it("is there without a run, too", async () => {
    writeFileSync(html(), matrixDocument({ ...aMatrix(), cells: [], finished: false }, [], await pageBundle()));
    await open(html());
    await page.locator("#theme").click();
    expect(await page.locator("#theme").getAttribute("aria-pressed")).toBe("true");
    expect(complaints).toEqual([]);
  });
});

describe("what a lab has said", () => {
  it("is text in the page, in the timeline and on paper, whatever it is", async () => {
    const { html } = await writeReport(join(root, "hostile"), aHostileRun());
    await open(html);
    await point(0.3);
    expect(await page.locator(".moment").textContent()).toContain("onerror=alert(1)");
    await page.emulateMedia({ media: "print" });
    await page.locator("#print-chart svg").waitFor();
    await page.emulateMedia({ media: null });
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.locator("h1").textContent()).toBe(`"><img src=x onerror=alert(1)></script><!--'&`);
    expect(requests).toEqual([pathToFileURL(html).href]);
    expect(complaints).toEqual([]);
  });
});

/** A value by its JSON pointer (RFC 6901). */
const at = (value: unknown, pointer: string): unknown =>
  pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((inner, part) => (inner as Record<string, unknown>)?.[part], value);
