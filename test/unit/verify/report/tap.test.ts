import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { tap } from "../../../../verify/report/tap.ts";
import { aResult } from "../a-result.ts";

interface Point {
  readonly ok: boolean;
  readonly n: number;
  readonly description: string;
  readonly diagnosis?: Record<string, unknown>;
}

/** Reads a TAP 14 stream of plain test points, strictly: what is no line of its grammar is an error. */
function read(stream: string): { plan: number; points: Point[] } {
  expect(stream.endsWith("\n")).toBe(true);
  const [version, ...lines] = stream.slice(0, -1).split("\n");
  expect(version).toBe("TAP version 14");
  const plans: number[] = [];
  const points: Point[] = [];
  let yaml: string[] | undefined;
  for (const line of lines) {
    const point = /^(not )?ok (\d+) - ((?:[^\\#]|\\[\\#])*)$/.exec(line);
    const plan = /^1\.\.(\d+)$/.exec(line);
    if (yaml) {
      if (line === "  ...") {
        points.push({ ...(points.pop() as Point), diagnosis: parse(yaml.join("\n")) });
        yaml = undefined;
      } else yaml.push(line.slice(2));
    } else if (line === "  ---") yaml = [];
    else if (plan) plans.push(Number(plan[1]));
    else if (point)
      points.push({
        ok: point[1] === undefined,
        n: Number(point[2]),
        description: (point[3] ?? "").replace(/\\([\\#])/g, "$1"),
      });
    else throw new Error(`not a line of TAP: ${JSON.stringify(line)}`);
  }
  expect(yaml).toBeUndefined();
  expect(plans).toHaveLength(1);
  expect(points.map(({ n }) => n)).toEqual(points.map((_, index) => index + 1));
  return { plan: plans[0] ?? -1, points };
}

describe("tap", () => {
  it("is a plan of nothing where there was nothing to check", () => {
    expect(read(tap([]))).toEqual({ plan: 0, points: [] });
  });

  it("has a test point for each result, in order", () => {
    const { plan, points } = read(tap([aResult(), aResult({ subject: "server3", passed: false, hint: "start it" })]));
    expect(plan).toBe(2);
    expect(points).toMatchObject([
      { ok: true, description: "httpd-page server2: The web server answers locally with its own page" },
      { ok: false, description: expect.stringContaining("server3") },
    ]);
    expect(points[0]).not.toHaveProperty("diagnosis");
  });

  it("says of what failed what was seen, what to do, and what the commands printed, whatever that is", () => {
    const evidence = [
      {
        where: "server2",
        command: "curl 'x'",
        output: 'a: b\n  ...\n---\n# \\ "\t\u001b[31m✗ é\u0000\n',
        status: null,
      },
    ];
    const failed = aResult({ passed: false, seen: 'nothing: "#1"\n...', hint: "- type: `curl`", evidence });
    const [point] = read(tap([failed])).points;
    expect(point?.diagnosis).toEqual({
      message: failed.seen,
      severity: "fail",
      expected: failed.expected,
      hint: failed.hint,
      byHand: failed.byHand,
      duration_ms: failed.ms,
      evidence,
    });
  });

  it("keeps a directive's sign out of descriptions", () => {
    const title = "every 2. request # TODO \\ fails\nand more";
    const [point] = read(tap([aResult({ title })])).points;
    expect(point?.description).toBe("httpd-page server2: every 2. request # TODO \\ fails and more");
  });
});
