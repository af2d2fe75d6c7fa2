import { describe, expect, it } from "vitest";
import { methods, recorded } from "./scenarios.ts";

/** What a scheduler remembers is not known when a scenario begins: how many decisions may stay open until it shows. */
const openAtMost: Readonly<Record<string, number>> = { rr: 4, wrr: 8, lc: 0, wlc: 0, lblc: 2, lblcr: 7 };

describe.each(methods)("%s", (name) => {
  const scenarios = recorded(name);

  it("decides as the kernel's own module does", () => {
    expect(scenarios.length).toBeGreaterThan(5);
    for (const decisions of scenarios) {
      expect(decisions.length).toBeGreaterThan(14);
      expect(decisions.filter(({ made, allowed }) => !allowed.includes(made))).toEqual([]);
    }
  });

  it("leaves nothing open but what cannot be known", () => {
    for (const decisions of scenarios)
      expect(decisions.filter(({ allowed }) => allowed.length > 1).length).toBeLessThanOrEqual(openAtMost[name] ?? 0);
  });
});
