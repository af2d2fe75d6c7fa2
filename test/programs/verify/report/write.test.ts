import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { projectRoot } from "../../../../provision/paths.ts";
import { filesBelow } from "../../../../setup/content-hash.mjs";
import { reportPage, viewPage } from "../../../../setup/pages.mjs";
import { bundlePage, pageBundle } from "../../../../verify/report/bundle.ts";
import { writeReport } from "../../../../verify/report/write.ts";
import { aRun } from "../../../unit/verify/report/a-run.ts";

let root: string;
const cache = process.env.LVS_LAB_CACHE;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "lvs-lab-test-"));
  process.env.LVS_LAB_CACHE = join(root, "cache");
});
afterAll(() => {
  if (cache === undefined) delete process.env.LVS_LAB_CACHE;
  else process.env.LVS_LAB_CACHE = cache;
  rmSync(root, { recursive: true });
});

describe("pageBundle", () => {
  it("is built once, also by several at a time, and read afterwards", async () => {
    const [one, other] = await Promise.all([pageBundle(), pageBundle()]);
    expect(one).toEqual(other);
    expect(one.script.length).toBeGreaterThan(100_000);
    expect(one.style).toContain("color-scheme");
    const built = filesBelow(join(root, "cache/report-page"));
    expect(built).toHaveLength(2);
    const times = built.map((file) => statSync(file).mtimeMs);
    await pageBundle();
    expect(filesBelow(join(root, "cache/report-page")).map((file) => statSync(file).mtimeMs)).toEqual(times);
  });

  it("ends neither of the elements that it is put into", async () => {
    const { script, style } = await pageBundle();
    expect(script).not.toMatch(/<\/script|<!--/i);
    expect(style).not.toMatch(/<\/style/i);
  });

  it.each([
    [reportPage, "verify/report/page/main.ts"],
    [viewPage, "view/page/main.ts"],
  ])("depends on nothing that its key does not cover: $name", async (page, main) => {
    const inputs = await bundlePage(page, join(root, page.name));
    const own = inputs.filter((path) => !path.startsWith("node_modules/"));
    expect(own).toContain(main);
    expect(
      own.filter((path) => !page.sources.some((source) => path === source || path.startsWith(`${source}/`))),
    ).toEqual([]);
    expect(process.cwd()).toBe(projectRoot);
  });
});

describe("writeReport", () => {
  it("writes three files and nothing else, and result.json is the result", async () => {
    const directory = join(root, "some/report");
    const paths = await writeReport(directory, aRun());
    expect(paths).toEqual({
      json: join(directory, "result.json"),
      junit: join(directory, "junit.xml"),
      html: join(directory, "report.html"),
    });
    expect(readdirSync(directory).sort()).toEqual(["junit.xml", "report.html", "result.json"]);
    expect(JSON.parse(readFileSync(paths.json, "utf8"))).toEqual(aRun());
  });

  it("writes over an older report", async () => {
    const directory = join(root, "again");
    await writeReport(directory, { ...aRun(), stack: "older" });
    const { html } = await writeReport(directory, { ...aRun(), stack: "newer" });
    expect(readFileSync(html, "utf8")).toContain("stack newer");
    expect(readdirSync(directory)).toHaveLength(3);
  });

  it("leaves whole files when it is killed in the middle", async () => {
    const directory = join(root, "killed");
    const script = join(import.meta.dirname, "write-forever.ts");
    for (const patienceMs of [0, 7, 23, 60]) {
      const child = spawn(process.execPath, ["--import", "tsx", script, directory], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      await delay(patienceMs);
      child.kill("SIGKILL");
      await once(child, "exit");
      expect(JSON.parse(readFileSync(join(directory, "result.json"), "utf8"))).toEqual(aRun());
      expect(readFileSync(join(directory, "junit.xml"), "utf8")).toMatch(/<\/testsuites>$/);
      expect(readFileSync(join(directory, "report.html"), "utf8")).toMatch(/<\/html>\n$/);
    }
    await writeReport(directory, aRun());
    expect(readdirSync(directory)).toHaveLength(3);
  });

  it("leaves whole files when others write them at the same time", async () => {
    const directory = join(root, "together");
    const script = join(import.meta.dirname, "write-forever.ts");
    const writers = await Promise.all(
      [1, 2].map(async () => {
        const child = spawn(process.execPath, ["--import", "tsx", script, directory], {
          stdio: ["ignore", "pipe", "pipe"],
        });
        onTestFinished(() => void child.kill("SIGKILL"));
        let said = "";
        child.stderr.on("data", (text) => (said += text));
        await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
        return { child, said: () => said };
      }),
    );
    for (let times = 0; times < 20; times++) {
      const [, { json }] = await Promise.all([writeReport(directory, aRun()), writeReport(directory, aRun())]);
      expect(JSON.parse(readFileSync(json, "utf8"))).toEqual(aRun());
    }
    for (const { child, said } of writers) {
      expect(child.exitCode, said()).toBeNull();
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    await writeReport(directory, aRun());
    expect(readdirSync(directory)).toHaveLength(3);
  });

  it("says what it could not write, leaves no half file, and keeps what it had written", async () => {
    const directory = join(root, "blocked");
    mkdirSync(join(directory, "report.html"), { recursive: true });
    await expect(writeReport(directory, aRun())).rejects.toThrow(/cannot write .*blocked\/report\.html.*room/);
    expect(readdirSync(directory).sort()).toEqual(["junit.xml", "report.html", "result.json"]);
    expect(JSON.parse(readFileSync(join(directory, "result.json"), "utf8")).stack).toBe("ha");
  });
});
