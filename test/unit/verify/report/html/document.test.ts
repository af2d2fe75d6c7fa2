import { describe, expect, it } from "vitest";
import { reportDocument } from "../../../../../verify/report/html/document.ts";
import { html, jsonFor } from "../../../../../verify/report/html/template.ts";
import { aHostileRun } from "../a-hostile-run.ts";
import { aRun } from "../a-run.ts";

const bundle = { script: "/* script */", style: "/* style */" };

describe("html", () => {
  it("escapes values, in text and in attributes, and takes markup as it is", () => {
    const inner = html`<b>${"<&>"}</b>`;
    expect(html`<p title="${`"'`}">${inner}${[inner]}${undefined}${1}</p>`.markup).toBe(
      '<p title="&quot;&#39;"><b>&lt;&amp;&gt;</b><b>&lt;&amp;&gt;</b>1</p>',
    );
  });

  it("has JSON that ends no element and is the same data", () => {
    const data = { text: "</script><!-- \u2028", list: [1, null] };
    expect(jsonFor(data).markup).not.toContain("<");
    expect(JSON.parse(jsonFor(data).markup)).toEqual(data);
  });
});

describe("reportDocument", () => {
  it("lets nothing that a lab has said become markup", () => {
    const page = reportDocument(aHostileRun(), bundle);
    expect(page.match(/onerror/g)?.length).toBeGreaterThan(30);
    expect(page).not.toMatch(/<img/);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page).not.toContain("<!--");
  });

  it("names nothing that would be loaded", () => {
    const page = reportDocument(aRun(), bundle);
    expect(page).not.toMatch(/https?:|\bsrc=|@import|url\(/);
    expect(page.match(/href="[^"]*"/g)?.filter((link) => !/^href="(#|data:,)/.test(link))).toEqual([]);
  });

  it("has evidence open where a step failed, and closed elsewhere", () => {
    const page = reportDocument(aRun(), bundle);
    const items = page.match(/<li id="step-\d+"[\s\S]*?<\/li>/g) ?? [];
    expect(items).toHaveLength(9);
    expect(items.filter((item) => item.includes("<details open>")).map((item) => item.slice(0, 15))).toEqual([
      '<li id="step-9"',
    ]);
    expect(items.filter((item) => item.includes("<details>"))).toHaveLength(5);
  });

  it("says of each step once what is expected, in its title, and what was seen", () => {
    const page = reportDocument(aRun(), bundle);
    const item = /<li id="step-4"[\s\S]*?<\/dl>/.exec(page)?.[0] ?? "";
    expect(item.match(/server4 holds the VIP/g)).toHaveLength(1);
    expect(item).toContain("<dt>seen</dt><dd>server4 alone after 3780 ms</dd>");
  });

  it("says what is missing instead of leaving a hole", () => {
    const { series, load, ...run } = aRun();
    const page = reportDocument(
      {
        ...run,
        steps: [],
        windows: [],
        diagnoses: [],
        load: { ...load, perServer: {} },
        series: { ...series, capture: null, connections: [] },
        interrupted: "SIGTERM",
      },
      bundle,
    );
    expect(page).toContain("Interrupted after 30.0 s: SIGTERM");
    expect(page).toContain("packets captured</th><td>none");
    expect(page).not.toContain("What the wire says");
    expect(page).not.toMatch(/undefined|NaN|\[object/);
  });
});
