import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { benchmarkChartFile, benchmarkDocs, benchmarkDocsFile, filled } from "../../../bench/docs.ts";
import { chart } from "../../../bench/harness/chart.ts";
import { merged, noResults, type PartResult } from "../../../bench/harness/results.ts";
import { parts } from "../../../bench/parts/index.ts";

const part: PartResult = {
  date: "2026-11-24T15:00:00.000Z",
  commit: "0123456789ab",
  machine: { cpus: 2, model: "some CPU", memory: 1024, kernel: "6.1.0", node: "v20.19.0" },
  notes: [],
  rows: [
    { measure: "served", contender: "lvs-lab: pulumi up", unit: "s", values: [60, 66, 70] },
    { measure: "served", contender: "Ansible", unit: "s", values: [90] },
    { measure: "served", contender: "floor: <script> & more", unit: "s", values: [50, 55] },
    { measure: "served", contender: "Ansible", unit: "CPU s", values: [100] },
    { measure: "of which", contender: "Ansible", unit: "s", values: [3] },
  ],
};

describe("docs/benchmarks.md", () => {
  it("is what `npm run docs` writes, and so is its chart", async () => {
    const { page, svg } = await benchmarkDocs();
    expect(await readFile(benchmarkDocsFile, "utf8")).toBe(page);
    expect(existsSync(benchmarkChartFile) ? await readFile(benchmarkChartFile, "utf8") : "").toBe(svg);
  });

  it("has a place for every part and the chart, and no other", async () => {
    const page = await readFile(benchmarkDocsFile, "utf8");
    const places = [...page.matchAll(/<!-- bench ([\w-]+) -->/g)].map(([, name]) => name);
    const expected = parts.flatMap(({ name }) => (name === "class" ? [name, "class-plan"] : [name]));
    expect(places).toEqual(["chart", ...expected]);
    for (const { name } of parts) expect(page).toContain(`\`${name}\`: `);
  });

  it("keeps its prose, however often its places are filled", () => {
    const page =
      "before\n<!-- bench boot -->\nold\n<!-- end boot -->\nbetween\n<!-- bench chart --><!-- end chart -->\nafter\n";
    const once = filled(page, merged(noResults, { boot: part }), true);
    expect(once).toMatch(
      /^before\n<!-- bench boot -->\n\n\| what [\s\S]*<!-- end boot -->\nbetween\n[\s\S]*\nafter\n$/,
    );
    expect(once).toContain("](benchmarks.svg)");
    expect(once).not.toContain("old");
    expect(filled(once, merged(noResults, { boot: part }), true)).toBe(once);
    expect(filled(once, noResults, false)).toContain("Not recorded yet: `npm run bench -- boot`.");
  });

  it("leaves out nothing that was measured", () => {
    expect(() => filled("no place", merged(noResults, { boot: part }), false)).toThrow("has no place for boot");
  });
});

describe("the chart", () => {
  const svg = chart([["provision", part]]);

  it("shows each contender with its median and, of several runs, its spread", () => {
    expect(svg).toContain("provision: served");
    expect(svg).toContain("66.0 s (60.0 – 70.0)");
    expect(svg).toContain("90.0 s<");
    expect(svg).toContain("floor: &lt;script&gt; &amp; more");
    expect(svg).not.toContain("of which"); // neither a part's first measure nor one of three contenders
  });

  it("draws bars from zero, as long as their medians", () => {
    const bars = [...svg.matchAll(/<path d="M230 [\d.]+l([\d.]+) 0l[^"]*" fill="(?:#0969da|#8c959f|#1a7f37)"/g)];
    const lengths = bars.map(([, length]) => Number(length));
    expect(lengths).toHaveLength(3);
    expect((lengths[0] ?? 0) / (lengths[1] ?? 1)).toBeCloseTo(66 / 90, 2);
    expect((lengths[2] ?? 0) / (lengths[1] ?? 1)).toBeCloseTo(52.5 / 90, 2);
  });

  it("has a dark counterpart for every colour of its own", () => {
    const [, rules = ""] = /<style>@media \(prefers-color-scheme:dark\)\{(.*)\}<\/style>/.exec(svg) ?? [];
    const body = svg.replace(/<style>@media.*<\/style>/, "");
    const used = new Set([...body.matchAll(/ fill="(#[0-9a-f]{6})"/g)].map(([, colour]) => colour));
    expect(used.size).toBeGreaterThan(4);
    for (const colour of used) expect(rules).toContain(`[fill="${colour}"]`);
  });

  it("is the same every time, and none where nothing took seconds", () => {
    expect(chart([["provision", part]])).toBe(svg);
    expect(chart([])).toBe("");
    expect(chart([["throughput", { ...part, rows: [] }]])).toBe("");
  });
});
