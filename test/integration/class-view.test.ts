import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { keepAnnouncement } from "../../class/announcement.ts";
import { handOf, raiseHand } from "../../class/hand.ts";
import { labDirectory } from "../../provision/paths.ts";
import { viewPageFiles } from "../../view/page-files.ts";
import { serveView, type ViewServer } from "../../view/server.ts";
import { thirty, ViewedClass } from "../unit/view/a-class.ts";
import { launchChromium } from "./chromium.ts";
import { lowContrast } from "./low-contrast.ts";

const HOSTILE = `"><img src=x onerror=alert(1)></li><!--'&`;

let profile: string;
let browser: BrowserContext;
let room: ViewedClass;
let server: ViewServer;
let controller: AbortController;
let watching: Promise<void>;
let page: Page;
/** What the page asked for, and what it complained of. */
let requests: string[];
let complaints: string[];

beforeAll(async () => {
  profile = mkdtempSync(join(tmpdir(), "lvs-lab-browser-"));
  browser = await launchChromium(profile, { width: 1920, height: 1080 });
});
afterAll(async () => {
  await browser?.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
});

beforeEach(async () => {
  // The page itself tells how quick it is: labs are looked at often.
  room = await ViewedClass.make({ ...thirty, evil: HOSTILE }, { everyMs: 200 });
  Object.keys(thirty).forEach((id, n) => {
    room.course(id, { done: n % 10, holders: n % 2 === 0 ? ["server1"] : [], idle: 60 * n });
  });
  room.course("evil", { done: 1, wrong: HOSTILE, holders: ["<b>server1</b>"], idle: 5 });
  await raiseHand(labDirectory("net1.evil"), HOSTILE);
  controller = new AbortController();
  await listen();
  watching = room.watch.run(controller.signal);
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
  controller.abort();
  await watching;
  await server.close();
  await room.end();
});

async function listen(port = 0): Promise<void> {
  const { feed } = room.watch;
  server = await serveView({
    ...{ listen: "127.0.0.1", port, feed, page: await viewPageFiles() },
    lower: (key) => room.watch.lower(key),
  });
}

const origin = (): string => new URL(server.url).origin;
/** Waits until the page has so many of something. */
const count = async (selector: string, wanted: number): Promise<void> => {
  await expect.poll(() => page.locator(selector).count(), { timeout: 20_000, interval: 20 }).toBe(wanted);
};
/** Opens the page and waits until every lab has been looked at. */
const open = async (more = ""): Promise<void> => {
  await page.goto(`${server.url}${more}`);
  await count(".tile[data-state=up]", 31);
  await count(".tile.raised", 1);
};
const tileOf = (name: string) => page.locator(".tile", { hasText: name });
const names = () => page.locator(".tile .name").allTextContents();
const focused = () => page.evaluate("document.activeElement?.closest('.tile')?.querySelector('.name')?.textContent");
const text = () => page.evaluate("document.documentElement.outerHTML + document.title") as Promise<string>;

describe("the page of a class", () => {
  it("shows thirty labs and one more, loads nothing of others, complains of nothing, and has no token in its address", async () => {
    await open();
    expect(await page.locator(".tile").count()).toBe(31);
    expect(await tileOf("Alice Müller").textContent()).toContain("0/17");
    expect(await tileOf("Alice Müller").locator(".mark").count()).toBe(10);
    expect(await tileOf("Carol").textContent()).toContain("VIP server1");
    expect(await page.title()).toBe("(1) net1 – lvs-lab");
    expect(page.url()).toBe(`${origin()}/`);
    expect(requests.every((url) => url.startsWith(`${origin()}/`))).toBe(true);
    expect(await page.locator("a[href], iframe, img, object").count()).toBe(0);
    expect(complaints).toEqual([]);
    // The cookie stands for the token: the address opens without it.
    await page.goto(origin());
    await page.locator(".tile").first().waitFor();
  });

  it("shows all thirty at once on 1920 by 1080 pixels, none of them cut off, and fits a telephone", async () => {
    await open();
    await page.locator("#find").fill("st");
    await expect.poll(() => page.locator(".tile").count()).toBe(30);
    expect(await page.evaluate("document.documentElement.scrollHeight")).toBeLessThanOrEqual(1080);
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
    await page.setViewportSize({ width: 1920, height: 1080 });
  });

  it("shows within a second what has changed, for one lab of thirty and for all at once", async () => {
    await open();
    await page.evaluate(`(() => {
      window.changes = [];
      new MutationObserver(() => window.changes.push(performance.timeOrigin + performance.now()))
        .observe(document.querySelector("#tiles"), { subtree: true, childList: true, characterData: true });
    })()`);
    const key = await tileOf("Kofi Mensah").getAttribute("data-key");
    // When the server knows: its own feed tells this test, too.
    let known = 0;
    const end = room.watch.feed.listen("teacher", undefined, (event) => {
      if (known === 0 && event.includes(`"key":"${key}"`) && event.includes('"percent":100')) known = Date.now();
    });
    room.course("st11", { done: 40, idle: 60 });
    await page.locator(`.tile.finished[data-key="${key}"]`).waitFor();
    const [shown = 0] = (await page.evaluate(`window.changes.filter((at) => at >= ${known} - 50)`)) as number[];
    end();
    expect(known).toBeGreaterThan(0);
    expect(shown - known).toBeLessThan(1000);
    expect(await tileOf("Kofi Mensah").textContent()).toContain("✓ 17/17");

    for (const id of Object.keys(thirty)) await raiseHand(labDirectory(`net1.${id}`), `question of ${id}`);
    const begin = Date.now();
    await count(".tile.raised", 31);
    // Half a second until the files are read, and 30 tiles drawn.
    expect(Date.now() - begin).toBeLessThan(5000);
    expect(await page.locator("#sum").textContent()).toContain("31 hands up");
  });

  it("says that what it shows is old when the view has gone, and what to do when it was started anew", async () => {
    await open();
    const { port } = new URL(server.url);
    await server.close();
    await page.locator("#trouble").waitFor();
    expect(await page.locator("#trouble").textContent()).toMatch(/^No connection to the view/);
    room.course("st01", { done: 40 });
    // One that is started anew has another token, as another run has.
    await listen(Number(port));
    await expect.poll(() => page.locator("#trouble").textContent(), { timeout: 10_000 }).toContain("was started anew");
    await page.goto(server.url);
    await count(".tile.finished", 1);
    expect(await page.locator("#trouble").isVisible()).toBe(false);
  });

  it("shows what the class is told", async () => {
    await open();
    await keepAnnouncement(room.all.directory, { text: `five minutes ${HOSTILE}`, at: new Date().toISOString() });
    await page.locator("#announcement").waitFor();
    expect(await page.locator("#announcement").textContent()).toContain(`five minutes ${HOSTILE}`);
    expect(complaints).toEqual([]);
  });

  it("has text where a name, a question, and what was seen are markup", async () => {
    await open();
    expect(await tileOf("onerror").locator(".name").textContent()).toBe(HOSTILE);
    await tileOf("onerror").click();
    const details = page.locator("#details");
    expect(await details.locator("h2").textContent()).toBe(HOSTILE);
    expect(await details.textContent()).toContain(`“${HOSTILE}”`);
    expect(await details.locator(".row .value").first().textContent()).toBe(HOSTILE);
    expect(await page.locator("img").count()).toBe(0);
    expect(requests.every((url) => url.startsWith(`${origin()}/`))).toBe(true);
    expect(complaints).toEqual([]);
  });
});

describe("by keyboard alone", () => {
  it("one finds a lab, walks among labs, opens one, lowers its hand, and comes back to it", async () => {
    await open();
    await page.keyboard.press("/");
    await page.keyboard.type("lena");
    await expect.poll(names).toEqual(["Lena Schmidt"]);
    await page.keyboard.press("Enter");
    expect(await focused()).toBe("Lena Schmidt");
    await page.keyboard.press("/");
    await page.keyboard.press("Escape");
    expect(await names()).toHaveLength(31);

    await page.keyboard.press("Tab");
    await page.keyboard.press("Home");
    await page.keyboard.press("Home");
    const all = await names();
    expect(await focused()).toBe(all[0]);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    expect(await focused()).toBe(all[7]);
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowLeft");
    expect(await focused()).toBe(all[0]);
    await page.keyboard.press("End");
    expect(await focused()).toBe(all[30]);

    await page.keyboard.press("f");
    await expect.poll(names).toEqual([HOSTILE]);
    await page.keyboard.press("ArrowRight");
    expect(await focused()).toBe(HOSTILE);
    await page.keyboard.press("Enter");
    expect(await page.locator("#details").isVisible()).toBe(true);
    await page.locator("#details button.lower").focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => handOf(labDirectory("net1.evil"))).toBeUndefined();
    await page.locator("#details button.lower").waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    expect(await page.locator("#details").isVisible()).toBe(false);
    expect(await page.locator("#nothing").textContent()).toBe("None of 31 labs: hands up.");
    expect(page.url()).toBe(`${origin()}/?show=hands`);
  });

  it("the focus stays with its lab while others change and the order does", async () => {
    await open();
    await page.keyboard.press("s");
    expect(await page.locator("#sort").inputValue()).toBe("points");
    const [first] = await names();
    await page.locator(".tile").nth(20).focus();
    const own = await focused();
    room.course("st01", { done: 40, idle: 1 });
    await expect.poll(async () => (await names())[0]).toBe("Alice Müller");
    expect(first).not.toBe("Alice Müller");
    expect(await focused()).toBe(own);
    expect(await page.locator("#spoken").textContent()).toBe("ordered by points");
  });

  it("each key that the help names does what it says, and each tile says what it shows", async () => {
    await open();
    await page.keyboard.press("?");
    expect(await page.locator("#help").isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    const ground = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const light = await ground();
    await page.keyboard.press("d");
    expect(await ground()).not.toBe(light);
    await page.keyboard.press("d");
    const label = await tileOf("Bob Smith").getAttribute("aria-label");
    expect(label).toMatch(
      /^Bob Smith; st02; 3 of 17 points; 1 done, 0 wrong, 9 not yet; VIP held by nobody; last sign of life/,
    );
    expect(await page.locator('.tile[tabindex="0"]').count()).toBe(1);
    // A word in a field is no command.
    await page.keyboard.press("/");
    await page.keyboard.type("ps?");
    expect((await page.locator("html").getAttribute("class")) ?? "").not.toContain("projector");
    expect(await page.locator("#help").isVisible()).toBe(false);
  });
});

describe("for a projector", () => {
  /** Names, ids, questions and addresses: whatever says whose lab it is. */
  const whose = [...Object.values(thirty), ...Object.keys(thirty), "evil", "onerror", "net1.", "172.25.254"];

  it.each(["by its key", "by its address"])("nothing of anybody's name is anywhere in the page, %s", async (how) => {
    if (how === "by its address") await open("&projector");
    else {
      await open();
      await tileOf("Alice Müller").click();
      await page.keyboard.press("Escape");
      await page.keyboard.press("p");
    }
    await count(".tile[data-state=up] .mark", 310);
    await page.locator(".tile").first().click();
    await raiseHand(labDirectory("net1.st05"), "Émile asks");
    await count(".tile.raised", 2);
    const all = await text();
    for (const word of [...whose, "Émile"]) expect(all.includes(word), word).toBe(false);
    expect(all).toContain("Lab 31");
    expect(page.url()).toBe(`${origin()}/?projector`);
    await page.keyboard.press("Escape");
    await page.keyboard.press("p");
    await tileOf("Alice Müller").waitFor();
    expect(page.url()).toBe(`${origin()}/`);
    expect(complaints).toEqual([]);
  });
});

describe("its look", () => {
  it.each(["light", "dark"] as const)("has enough contrast for its texts when %s (WCAG AA)", async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    room.course("st02", { instead: { state: "busy", words: "coming up" } });
    room.course("st03", { instead: { state: "down", words: "down" } });
    room.course("st04", { instead: { state: "none", words: "no lab" } });
    await page.goto(server.url);
    await count(".tile[data-state=up]", 28);
    expect(await page.evaluate(lowContrast)).toEqual([]);
    await tileOf("onerror").click();
    expect(await page.evaluate(lowContrast)).toEqual([]);
    await page.emulateMedia({ colorScheme: "light" });
  });
});
