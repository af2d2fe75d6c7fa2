import { describe, expect, it } from "vitest";
import { junit } from "../../../../verify/report/junit.ts";
import { runSuite } from "../../../../verify/report/run-suite.ts";
import { aRun } from "./a-run.ts";

const suite = { name: "checks", timestamp: "2026-01-01T12:00:00.123+02:00", seconds: 1.23456 };

describe("junit", () => {
  it("counts cases and failures, with times in seconds and UTC", () => {
    const cases = [
      { name: "passes", classname: "ha.vip", seconds: 0.5 },
      {
        name: "fails",
        classname: "ha.vip",
        seconds: 0.25,
        failure: { message: "expected 1, saw 2", detail: "$ ip a" },
      },
      { name: "is left out", classname: "ha.vip", seconds: 0, skipped: true },
    ];
    expect(junit([{ ...suite, cases }])).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites tests="3" failures="1" errors="0" skipped="1">
        <testsuite name="checks" timestamp="2026-01-01T10:00:00" time="1.235" tests="3" failures="1" errors="0" skipped="1">
          <testcase name="passes" classname="ha.vip" time="0.5"/>
          <testcase name="fails" classname="ha.vip" time="0.25">
            <failure message="expected 1, saw 2" type="failure"><![CDATA[$ ip a]]></failure>
          </testcase>
          <testcase name="is left out" classname="ha.vip" time="0">
            <skipped/>
          </testcase>
        </testsuite>
      </testsuites>"
    `);
  });

  it("stays well-formed whatever a command has printed", () => {
    const text = '\u001b[31mred\u001b[0m ]]> </failure> & " \u0000 \ud800';
    const cases = [{ name: text, classname: text, seconds: 0, failure: { message: text, detail: text } }];
    const xml = junit([{ ...suite, name: text, cases }]);
    expect(xml).not.toMatch(/[^\P{Cc}\n]|\p{Cs}/u);
    expect(xml).toContain('name="red ]]> &lt;/failure> &amp; &quot;');
    expect(xml).toContain('<![CDATA[red ]]]]><![CDATA[> </failure> & "');
  });
});

describe("runSuite", () => {
  it("has a case for every step, and says of the failed one what helps", () => {
    const { cases, seconds, timestamp } = runSuite(aRun());
    expect({ seconds, timestamp }).toEqual({ seconds: 30, timestamp: "2026-01-01T12:00:00.000Z" });
    expect(cases.map(({ name }) => name)).toEqual(aRun().steps.map(({ n, title }) => `${n}. ${title}`));
    const [failed, ...others] = cases.filter(({ failure }) => failure);
    expect(others).toEqual([]);
    expect(failed?.failure?.message).toBe(
      "expected no request is lost while server1 takes the VIP back, saw 3 delayed, 0 failed",
    );
    expect(failed?.failure?.detail).toMatch(
      /^expected: no request is lost.*\nseen: {5}3 delayed.*\nhint: {5}a hand-over.*\n\nserver1\$ ipvsadm -Ln\nIP Virtual Server/,
    );
  });

  it("is failed if the run was interrupted, though every step that ran is well", () => {
    const steps = aRun().steps.slice(0, 4);
    const { cases } = runSuite({ ...aRun(), steps, interrupted: "SIGINT", durationMs: 9500 });
    expect(cases).toHaveLength(5);
    expect(cases.at(-1)?.failure?.message).toBe("interrupted: SIGINT");
    expect(cases.at(-1)?.failure?.detail).toContain("9.5 s and 4 steps");
  });

  it("shows what a step that is no expectation failed with", () => {
    const step = { n: 1, kind: "fault" as const, title: "power off server1", from: 0, to: 5, ok: false, evidence: [] };
    expect(
      runSuite({ ...aRun(), steps: [{ ...step, seen: "virsh: no such domain" }] }).cases[0]?.failure?.message,
    ).toBe("virsh: no such domain");
    expect(runSuite({ ...aRun(), steps: [step] }).cases[0]?.failure?.message).toBe("power off server1: failed");
  });
});
