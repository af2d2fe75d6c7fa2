import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import type { Lab, VirtualService } from "../../../../lab/index.ts";
import { directorOf } from "../../../../rehearse/directors/director.ts";
import { type Folder, readFolder } from "../../../../rehearse/folder.ts";
import { brokenRow, type Cell, cellsOf, rowOf } from "../../../../rehearse/matrix/index.ts";
import { readPlan } from "../../../../rehearse/plan/file.ts";
import { labOfPlan } from "../../../../rehearse/plan/lab.ts";
import type { Plan } from "../../../../rehearse/plan/plan.ts";
import { brokenCell, cellOf } from "../../../../rehearse/report/cell.ts";
import { matrixDocument } from "../../../../rehearse/report/document.ts";
import { cellsLeftOut } from "../../../../rehearse/report/not-run.ts";
import { MatrixRecord } from "../../../../rehearse/report/record.ts";
import type { MatrixCell, MatrixResult } from "../../../../rehearse/report/result.ts";
import { directorVersions, ownVersions } from "../../../../rehearse/report/versions.ts";
import { pageData } from "../../../../verify/report/html/shell.ts";
import type { RunResult } from "../../../../verify/report/result.ts";
import { aHostileRun } from "../../verify/report/a-hostile-run.ts";
import { aRun } from "../../verify/report/a-run.ts";
import { aMatrix } from "./a-matrix.ts";

const bundle = { script: "/* script */", style: "/* style */" };
const FOLDER = "rehearsals/web-pair";
let folder: Folder;
let plan: Plan;
let lab: Lab;
beforeAll(async () => {
  folder = readFolder(FOLDER);
  const directors = folder.configurations.map(directorOf);
  plan = await readPlan(folder);
  lab = labOfPlan("rehearse-web-pair", plan, { folder, directors });
});
const configured = () => ({ directors: folder.configurations.map(directorOf), neverRun: [] });

/** The value at a JSON pointer. */
const at = (data: unknown, path: string): unknown =>
  path
    .slice(1)
    .split("/")
    .reduce((value, name) => (value as Record<string, unknown>)[name], data);

describe("a cell", () => {
  const service = { name: "172.25.254.100:80", realServers: [] as const } as Partial<VirtualService> as VirtualService;
  const cell = { event: "crash", service, scenario: "director-down" } as const;
  const of = (run: RunResult) =>
    cellOf(cell, rowOf(cell, run, "x"), run, { directory: "/r", report: "/r/2026-x/report.html" });

  it("has who had the VIP and the client's ARP entry before, during and after", () => {
    const { vip, arp, outageMs, outageErrorMs, report, scenario } = of(aRun());
    expect(vip).toEqual({ before: ["server1"], during: ["server4"], after: ["server1"] });
    expect(arp).toEqual({ before: "server1", during: "server4", after: "server1" });
    expect(outageMs).toBe(aRun().windows[1]?.outage.longest?.ms);
    expect(outageErrorMs).toBe(aRun().windows[1]?.outage.longest?.errorMs);
    expect({ report, scenario }).toEqual({ report: "2026-x/report.html", scenario: "director-down" });
  });

  it("names two that had it, nobody, and a host that nobody knows", () => {
    const run = aRun();
    const owners = (vipOwners: RunResult["series"]["vipOwners"], arp: RunResult["series"]["arp"] = []) =>
      of({ ...run, series: { ...run.series, vipOwners, arp } });
    const mac = "52:54:00:FE:FE:99";
    const both = owners([
      { mac, from: 0, to: 20_000 },
      { mac, server: "server4", from: 9000, to: 30_000 },
    ]);
    expect(both.vip).toEqual({
      before: [mac.toLowerCase()],
      during: [mac.toLowerCase(), "server4"],
      after: ["server4"],
    });
    expect(both.arp).toEqual({ before: null, during: null, after: null });
    expect(owners([]).vip).toEqual({ before: [], during: [], after: [] });
    expect(
      owners(
        [],
        [
          { mac, after: 0, at: 1 },
          { mac: null, after: 9000, at: 9001 },
        ],
      ).arp,
    ).toEqual({
      ...{ before: mac.toLowerCase(), during: null, after: null },
    });
  });
});

describe("cells that are not run", () => {
  const byService = (found: ReturnType<typeof cellsLeftOut>) =>
    found.map(({ service, events, reason }) => `${service}: ${events.join(" ")}: ${reason}`);

  it("are told with their reasons", () => {
    expect(byService(cellsLeftOut(lab, cellsOf(lab), configured()))).toEqual([
      "192.0.2.100:80: script: VI_1 tracks no script",
      "192.0.2.100:80: process: VI_1 tracks no process",
      "192.0.2.100:80: interface: VI_1 tracks no interface on another network",
      "192.0.2.100:443: crash stop cable freeze partition reboot: 192.0.2.100:80 stands for it: VI_1 holds the addresses of both",
      "192.0.2.100:443: script: VI_1 tracks no script",
      "192.0.2.100:443: process: VI_1 tracks no process",
      "192.0.2.100:443: interface: VI_1 tracks no interface on another network",
      "192.0.2.100:443: refuse dead hang: it has no second real server that would be left",
    ]);
    expect(byService(cellsLeftOut(lab, cellsOf(lab, ["crash"]), configured()))).toContain(
      "192.0.2.100:80: stop cable freeze partition reboot refuse dead hang all-refuse: --only names other events",
    );
  });

  it("are all but the crash of an instance that does not preempt, and what no health check sees", () => {
    const [web] = lab.services as [VirtualService];
    const { healthCheck: _, ...unchecked } = web;
    const other = { ...lab, services: [unchecked], vrrp: lab.vrrp.map((one) => ({ ...one, preempt: false })) };
    expect(byService(cellsLeftOut(other, cellsOf(other), { directors: [], neverRun: [] }))).toEqual([
      "192.0.2.100:80: stop cable freeze partition reboot: VI_1 does not preempt: the master would not have its addresses back",
      "192.0.2.100:80: script: VI_1 tracks no script",
      "192.0.2.100:80: process: VI_1 tracks no process",
      "192.0.2.100:80: interface: VI_1 tracks no interface on another network",
      "192.0.2.100:80: refuse dead hang all-refuse: it has no health check",
    ]);
    const none = { ...lab, services: [web], vrrp: [] };
    expect(byService(cellsLeftOut(none, cellsOf(none), { directors: [], neverRun: [] }))).toContain(
      "192.0.2.100:80: crash stop script process cable interface freeze partition reboot: no instance holds its address",
    );
  });

  it("are all of a virtual server that is not measured", () => {
    const [first] = lab.services;
    const alone = { ...lab, services: first ? [first] : [] };
    expect(cellsLeftOut(alone, cellsOf(alone), configured()).at(-1)).toMatchObject({
      service: "192.0.2.100 443",
      reason: "it is no service by HTTP or UDP with an address and a port of its own in the client's network",
    });
  });
});

describe("the page", () => {
  const runs = () => aMatrix().cells.map(() => pageData(aRun()));

  it("has a row for each cell, with its verdict, and says plainly which missed", () => {
    const page = matrixDocument(aMatrix(), runs(), bundle);
    const rows = page.match(/<tr id="cell-\d"[\s\S]*?<\/td>\n<\/tr>/g) ?? [];
    expect(rows).toHaveLength(2);
    expect(rows[0]).toContain("✗ missed");
    expect(rows[0]).toContain("9000 ± 20 ms</li>");
    expect(rows[0]).toContain('href="2026-01-01T12-00-00-rehearse-folder-director-down/report.html"');
    expect(rows[0]).toMatch(/<button type="button" class="show" data-run="0" data-from="5412" data-to="14411">/);
    expect(rows[1]).toContain("✓ held");
    expect(rows[1]).toMatch(/out after <span class="outage"><data value="5234.5"[^>]*>5.2<\/data><\/span> s/);
    expect(rows[1]).toMatch(/out in <data[^>]*>3<\/data> to <data[^>]*>6<\/data> s/);
    expect(page).toContain('<a href="#cell-1">crash, 172.25.254.100:80</a> failed: the client sees');
    expect(page).toContain("its health check does not see that");
    expect(page).toContain("lb1.conf:18");
    expect(page).toContain("1:2.2.7-1+b2");
    expect(page).not.toMatch(/undefined|NaN|\[object/);
  });

  it("has the numbers of matrix.json, each with its place there", () => {
    const result = aMatrix();
    const page = matrixDocument(result, [], bundle);
    const figures = [...page.matchAll(/<data value="([^"]*)" data-figure="(\/cells[^"]*)">([^<]*)</g)];
    expect(figures.length).toBeGreaterThan(10);
    for (const [, value, path = ""] of figures) expect(Number(value), path).toBe(at(result, path));
  });

  it("draws the timeline of every run", () => {
    const page = matrixDocument(aMatrix(), runs(), bundle);
    const [, data = ""] = /<script type="application\/json" id="runs">([\s\S]*?)<\/script>/.exec(page) ?? [];
    expect(JSON.parse(data)).toEqual(JSON.parse(JSON.stringify(runs())));
    expect(page.match(/data-legend="\d"/g)).toEqual(['data-legend="0"', 'data-legend="1"']);
    expect(page.match(/id="chart"/g)).toHaveLength(1);
    expect(matrixDocument({ ...aMatrix(), cells: [] }, [], bundle)).not.toContain('id="chart"');
  });

  it("has of a cell whose run did not come to its end the reason, and no figures", () => {
    const result = aMatrix();
    const [first, second] = result.cells as [MatrixCell, MatrixCell];
    const broken = brokenCell(
      { scenario: "link-down" },
      {
        ...{ event: "cable", object: null, service: "x:80", instance: "VI_1", passed: false, seen: "not measured" },
        ...{ outageMs: null, failbackMs: null, lost: 0, failures: ["lb1 does not answer"], report: null },
      },
      { startedAt: result.startedAt, durationMs: 1 },
    );
    const cells = [first, broken, { ...second, object: "web1" }];
    const [one, , other] = [pageData(aRun()), null, pageData(aRun())];
    const page = matrixDocument({ ...result, cells }, [one, null, other], bundle);
    const rows = page.match(/<tr id="cell-\d"[\s\S]*?<\/td>\n<\/tr>/g) ?? [];
    expect(rows[1]).toContain('<td><span class="quiet">not measured</span></td>\n<td>–</td>');
    expect(rows[1]).toContain("✗ failed");
    expect(rows[1]).toContain("<li>lb1 does not answer</li>");
    expect(rows[1]).not.toMatch(/<data|<a |<button|nobody/);
    // The next one's button shows its own run.
    expect(rows[2]).toContain('data-run="1"');
    expect(rows[2]).toContain("refuse web1");
    expect(page.match(/data-legend="\d"/g)).toHaveLength(2);
    expect(page).toContain('<a href="#cell-2">cable, x:80</a> failed: lb1 does not answer');
    expect(rows.join("")).not.toMatch(/undefined|NaN|null/);
  });

  it("says where an event is to move nothing", () => {
    const promise = { minimumMs: 0, maximumMs: 0, toleranceMs: 500, arithmetic: "lb1 keeps the highest priority" };
    const cells = aMatrix().cells.map((one) => ({ ...one, promise }));
    expect(matrixDocument({ ...aMatrix(), cells }, [], bundle)).toContain("<td>no outage<div");
  });

  it("says that it is not finished, and has failed then", () => {
    const waiting = {
      service: "x:80",
      events: ["stop", "cable"],
      reason: "it was not its turn",
      waiting: true,
    } as const;
    const cells = aMatrix().cells.filter(({ passed }) => passed);
    const page = matrixDocument({ ...aMatrix(), cells, passed: true, finished: false, notRun: [waiting] }, [], bundle);
    expect(page).toContain("Not finished: written after 1 of 3 runs.");
    expect(page).toContain("✗ not finished");
    expect(matrixDocument({ ...aMatrix(), cells, passed: true }, [], bundle)).toContain("✓ passed");
  });

  it("lets nothing that a folder or a lab has said become markup, and names nothing that would be loaded", () => {
    const evil = '<img src=x onerror="alert(1)">';
    const { versions, ...rest } = aMatrix();
    const [first, ...others] = rest.cells as [MatrixResult["cells"][number], ...MatrixResult["cells"]];
    const hostile: MatrixResult = {
      ...rest,
      folder: evil,
      versions: { ...versions, directors: versions.directors.map((one) => ({ ...one, os: evil })) },
      findings: rest.findings.map((one) => ({ ...one, file: evil, message: evil, fix: evil })),
      cells: [
        {
          ...first,
          ...{ service: evil, instance: evil, failures: [evil], seen: evil, report: `${evil}"><b>` },
          vip: { before: [evil], during: [evil], after: [evil] },
        },
        ...others,
      ],
      notRun: [{ service: evil, events: [evil], reason: evil }],
    };
    const page = matrixDocument(hostile, [pageData(aHostileRun()), pageData(aHostileRun())], bundle);
    expect(page).not.toMatch(/<img|<b>/);
    expect(page.match(/<script/g)).toHaveLength(2);
    const own = matrixDocument(aMatrix(), runs(), bundle);
    expect(own).not.toMatch(/https?:|\bsrc=|@import|url\(/);
  });
});

describe("the record", () => {
  let directory: string;
  const cache = process.env.LVS_LAB_CACHE;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "lvs-lab-test-"));
    process.env.LVS_LAB_CACHE = join(directory, "cache");
  });
  afterAll(() => {
    if (cache === undefined) delete process.env.LVS_LAB_CACHE;
    else process.env.LVS_LAB_CACHE = cache;
    rmSync(directory, { recursive: true });
  });
  const read = (): MatrixResult => JSON.parse(readFileSync(join(directory, "reports/matrix.json"), "utf8"));

  it("is there from the start, grows by each cell, and ends with the reason for those that are left", async () => {
    const cells = cellsOf(lab, ["crash", "stop", "refuse"]) as [Cell, Cell, Cell];
    const record = await MatrixRecord.begin({
      ...{ folder, plan, stack: "rehearse-web-pair", lab, cells, directory: join(directory, "reports") },
      versions: aMatrix().versions,
    });
    expect(readdirSync(join(directory, "reports")).sort()).toEqual(["matrix.html", "matrix.json"]);
    expect(read()).toMatchObject({ finished: false, passed: true, cells: [], folder: FOLDER });
    expect(read().notRun.filter(({ waiting }) => waiting)).toEqual([
      {
        ...{ service: "192.0.2.100:80", events: ["crash", "stop", "refuse real1", "refuse real2"], waiting: true },
        reason: "it was not its turn when this was written",
      },
    ]);
    expect(read().findings.every(({ level }) => level === "note")).toBe(true);

    const run = aRun();
    await record.add(cells[0], rowOf(cells[0], run, "x"), run, join(directory, "reports/run/report.html"));
    expect(read().cells).toMatchObject([{ event: "crash", passed: false, report: "run/report.html" }]);
    expect(read()).toMatchObject({ finished: false, passed: false });
    expect(readFileSync(record.html, "utf8")).toContain("Not finished: written after 1 of 4 runs.");

    await record.addBroken(cells[1], brokenRow(cells[1], lab, "lb1 does not answer"), new Date());
    expect(read().cells[1]).toMatchObject({
      ...{ event: "stop", service: "192.0.2.100:80", instance: "VI_1", passed: false, measured: false, report: null },
      failures: ["lb1 does not answer"],
    });
    await record.end({ finished: true, reason: "the budget of 5 minutes was used up" });
    expect(read()).toMatchObject({ finished: true, passed: false });
    expect(read().notRun[0]).toMatchObject({
      events: ["refuse real1", "refuse real2"],
      reason: "the budget of 5 minutes was used up",
    });
    expect(readdirSync(join(directory, "reports")).sort()).toEqual(["matrix.html", "matrix.json"]);
  });
});

test("versions are what a director says, and null where it says nothing", () => {
  const said = (text: string, code = 0) => ({ text, code });
  expect(
    directorVersions("lb1", {
      keepalived: said("Keepalived v2.2.7 (01/16,2022)\n"),
      package: said("1:2.2.7-1+b2"),
      os: said("Debian GNU/Linux 12 (bookworm)\n"),
      kernel: said("6.1.0-30-cloud-amd64\n"),
    }),
  ).toEqual(aMatrix().versions.directors[0]);
  expect(directorVersions("lb2", { keepalived: said("sh: keepalived: not found", 0), os: said("x", 1) })).toEqual(
    aMatrix().versions.directors[1],
  );
  expect(ownVersions()).toMatchObject({ node: process.versions.node, lvsLab: expect.stringMatching(/^\d+\.\d+/) });
});
