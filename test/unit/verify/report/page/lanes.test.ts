import { describe, expect, it } from "vitest";
import type { PageData } from "../../../../../verify/report/page/data.ts";
import { boxOf, pack, ticks, type View } from "../../../../../verify/report/page/lane.ts";
import { faultSpans } from "../../../../../verify/report/page/lanes/events.ts";
import { distinct } from "../../../../../verify/report/page/lanes/latencies.ts";
import { arpHoldings, ownersLane } from "../../../../../verify/report/page/lanes/owners.ts";
import { routersOf, vrrpLane } from "../../../../../verify/report/page/lanes/vrrp.ts";
import { momentRows } from "../../../../../verify/report/page/moment.ts";
import { OWNERS, type Palette, paletteNames, SERVERS } from "../../../../../verify/report/page/palette.ts";
import { dotPath, hatchPath, joined, type Shape } from "../../../../../verify/report/page/shapes.ts";
import { aRun } from "../a-run.ts";

/** Ten milliseconds a pixel, from 1 s to 11 s; rows are 20 pixels apart. */
const view: View = {
  box: { x: 100, y: 0, width: 1000, height: 100 },
  from: 1000,
  to: 11_000,
  x: (ms) => 100 + (ms - 1000) / 10,
  y: (row) => 10 + row * 20,
};

/** Every colour is its own name. */
const palette = {
  ...Object.fromEntries(paletteNames.map((name) => [name, name])),
  servers: Array.from({ length: SERVERS }, (_, n) => `server-${n}`),
  owners: Array.from({ length: OWNERS }, (_, n) => `owner-${n}`),
} as unknown as Palette;

const filled = (shapes: readonly Shape[], fill: string) =>
  shapes.flatMap((shape) => (shape.type === "rect" && shape.style.fill === fill ? [shape.shape] : []));

const texts = (shapes: readonly Shape[]) =>
  shapes.flatMap((shape) => (shape.type === "text" ? [shape.style.text] : []));

describe("a span in a lane", () => {
  it("is cut at the edges of what is shown, and is not there outside", () => {
    expect(boxOf(view, 1, { from: 0, to: 2000 })).toEqual({ x: 100, y: 22, width: 100, height: 16 });
    expect(boxOf(view, 0, { from: 10_000, to: 99_000 })).toMatchObject({ x: 1000, width: 100 });
    expect(boxOf(view, 0, { from: 0, to: 999 })).toBeUndefined();
  });

  it("can be seen however short it was", () => {
    expect(boxOf(view, 0, { from: 2000, to: 2000 })?.width).toBe(1);
  });
});

describe("ticks", () => {
  const drawn = (moments: number[]) =>
    ticks(view, 0, moments, { colour: "tick", height: 5 }).map((shape) => [
      shape.type === "path" ? shape.shape.pathData.split("M").length - 1 : 0,
      shape.type === "path" ? shape.style.opacity : 0,
    ]);

  it("are one each where they can be told apart", () => {
    expect(drawn([0, 2000, 3000, 4000])).toEqual([[3, 1]]);
  });

  it("become a pale bar where they are too close, with a gap where there was one", () => {
    const comb = (from: number) => Array.from({ length: 50 }, (_, n) => from + n * 20);
    expect(drawn([...comb(2000), ...comb(6000)])).toEqual([[2, 0.45]]);
  });

  it("are one tick when they came at once", () => {
    expect(drawn([5000, 5000.2, 5000.4, 5000.6])).toEqual([[1, 1]]);
  });
});

describe("pack", () => {
  it("puts what does not overlap into one row, and what does below it", () => {
    const spans = [
      { from: 0, to: 5 },
      { from: 3, to: 8 },
      { from: 5, to: 9 },
      { from: 8, to: 9 },
    ];
    expect(pack(spans)).toEqual([0, 1, 0, 1]);
    expect(pack([])).toEqual([]);
  });
});

describe("faults", () => {
  const fault = (n: number, kind: "fault" | "heal", target: string, from: number, to: number) => ({
    n,
    kind,
    title: `${kind} ${target}`,
    fault: "power-off",
    target,
    from,
    to,
    ok: true,
  });

  it("last until the heal of the same fault on the same server", () => {
    const steps = [
      fault(1, "fault", "server1", 0, 10),
      fault(2, "fault", "server2", 20, 30),
      fault(3, "heal", "server2", 40, 50),
      fault(4, "heal", "server1", 60, 70),
    ];
    expect(faultSpans({ steps, durationMs: 100 })).toEqual([
      { title: "fault server1", from: 0, healing: 60, to: 70 },
      { title: "fault server2", from: 20, healing: 40, to: 50 },
    ]);
  });

  it("last to the run's end if nothing healed them", () => {
    expect(faultSpans({ steps: [fault(1, "fault", "server1", 5, 6)], durationMs: 100 })).toEqual([
      { title: "fault server1", from: 5, healing: 100, to: 100 },
    ]);
  });
});

describe("the VIP's owners", () => {
  it("are what the client's ARP entry named, though capitals differ", () => {
    expect(arpHoldings(aRun()).map(({ server, from, to }) => [server, from, to])).toEqual([
      ["server1", 0.4, 9192.2],
      ["server4", 9192.2, 24_113.1],
      ["server1", 24_113.1, 30_000],
    ]);
    const { series, ...run } = aRun();
    const arp = [
      { mac: null, after: 0, at: 1 },
      { mac: "de:ad:be:ef:00:01", after: 1, at: 5 },
    ];
    expect(arpHoldings({ ...run, series: { ...series, arp } })).toEqual([
      { mac: "de:ad:be:ef:00:01", from: 5, to: 30_000 },
    ]);
  });

  it("have a row each when two said that they are", () => {
    const { series, ...run } = aRun();
    const vipOwners = [
      { mac: "52:54:00:fe:fe:0b", server: "server1", from: 0, to: 6000 },
      { mac: "52:54:00:fe:fe:0e", server: "server4", from: 4000, to: 9000 },
    ];
    const lane = ownersLane({ ...run, series: { ...series, vipOwners, arp: [] } });
    expect(lane.rows).toEqual(["on the wire", "", "client’s ARP"]);
    const shapes = lane.paint(view, palette);
    const [first] = filled(shapes, "owner-0");
    const [second] = filled(shapes, "owner-1");
    expect([first?.x, second?.x]).toEqual([100, 400]);
    expect((first?.y ?? 0) + 20).toBe(second?.y);
    expect(texts(shapes)).toEqual(["server1", "server4"]);
  });

  it("are named by their hardware address when the host is unknown", () => {
    const { series, ...run } = aRun();
    const vipOwners = [{ mac: "de:ad:be:ef:00:01", from: 0, to: 9000 }];
    const shapes = ownersLane({ ...run, series: { ...series, vipOwners, arp: [] } }).paint(view, palette);
    expect(filled(shapes, "unknown")).toHaveLength(1);
    expect(texts(shapes)).toEqual(["de:ad:be:ef:00:01"]);
  });
});

describe("VRRP's lane", () => {
  it("has a row for each director, and for an unknown router", () => {
    const { series, ...run } = aRun();
    const router = { server: "172.25.254.66", state: "MASTER" as const, from: 0, to: 10 };
    const data = { ...run, series: { ...series, vrrpStates: [router, ...series.vrrpStates] } };
    expect(routersOf(data)).toEqual(["server1", "server4", "172.25.254.66"]);
    expect(vrrpLane(data).rows).toEqual(["server1", "server4", "172.25.254.66"]);
  });

  it("tells states apart by shape: a full bar, a slim one, a dashed line", () => {
    const shapes = vrrpLane(aRun()).paint(view, palette);
    expect(filled(shapes, "master").map((box) => box.height)).toEqual([16, 16]);
    expect(filled(shapes, "backup").map((box) => box.height)).toEqual([8]);
    const dashed = shapes.filter((shape) => shape.type === "path" && shape.style.lineDash);
    expect(dashed).toHaveLength(1);
  });
});

describe("what was so at a moment", () => {
  const rowsAt = (moment: number, data: PageData = aRun()) => Object.fromEntries(momentRows(data, moment, undefined));

  it("is told from every lane", () => {
    expect(rowsAt(7000)).toEqual({
      fault: "power off server1",
      "step 4": "server4 holds the VIP within 5 s",
      server1: "silent",
      server4: "BACKUP",
      "VIP on the wire": "nobody",
      "client’s ARP": "server1",
      diagnosis: "master-crash",
    });
  });

  it("names both owners when there are two", () => {
    const { series, ...run } = aRun();
    const vipOwners = series.vipOwners.map((one) => ({ ...one, from: 0, to: 30_000 })).slice(0, 2);
    expect(rowsAt(7000, { ...run, series: { ...series, vipOwners } })["VIP on the wire"]).toBe("server1 and server4");
  });
});

describe("latencies on paper", () => {
  it("are one point a place, and only those of the time that is shown", () => {
    const points = Array.from({ length: 60_000 }, (_, n): [number, number] => [n / 100, 3 + (n % 7) / 10]);
    const few = distinct(points, { from: 0, to: 600_000 });
    expect(few.length).toBeGreaterThan(700);
    expect(few.length).toBeLessThan(6000);
    expect(distinct(points, { from: 100_000, to: 101_000 })).toHaveLength(101);
    expect(
      distinct(
        [
          [1, 2],
          [1, 2],
          [1, 2000],
        ],
        { from: 0, to: 2000 },
      ),
    ).toEqual([
      [1, 2],
      [1, 2000],
    ]);
  });
});

describe("patterns", () => {
  const numbers = (data: string) => data.match(/-?[\d.]+/g)?.map(Number) ?? [];

  it("stay inside their box", () => {
    const box = { x: 10.5, y: 3, width: 40, height: 12 };
    const points = numbers(hatchPath(box, 6));
    expect(points.length).toBeGreaterThan(20);
    for (let n = 0; n < points.length; n += 2) {
      expect(points[n]).toBeGreaterThanOrEqual(10.5);
      expect(points[n]).toBeLessThanOrEqual(50.5);
      expect(points[n + 1]).toBeGreaterThanOrEqual(3);
      expect(points[n + 1]).toBeLessThanOrEqual(15);
    }
    expect(dotPath(box, 5)).not.toBe("");
  });

  it("run on over boxes side by side", () => {
    const box = (x: number, y = 0) => ({ x, y, width: 4, height: 10 });
    expect(joined([box(0), box(4), box(8.05), box(20), box(24, 5)])).toEqual([
      { x: 0, y: 0, width: 12.05, height: 10 },
      box(20),
      box(24, 5),
    ]);
  });
});
