import { describe, expect, it } from "vitest";
import { describeDifferences, differences } from "../../../provision/resource.ts";

describe("differences", () => {
  it("are only the properties asked for that are not alike, whatever the order of keys", () => {
    const wanted = { port: 80, weights: { a: 1, b: 2 }, names: ["x", "y"], other: 1 };
    const found = { port: 81, weights: { b: 2, a: 1 }, names: ["y", "x"], other: 2 };
    expect(differences(["port", "weights", "names"], wanted, found)).toEqual([
      { property: "port", wanted: 80, found: 81 },
      { property: "names", wanted: ["x", "y"], found: ["y", "x"] },
    ]);
  });

  it("tell a missing property, and a value of another type", () => {
    expect(differences(["vip", "port"], { vip: "172.25.254.100", port: 80 }, { port: "80" })).toEqual([
      { property: "vip", wanted: "172.25.254.100", found: undefined },
      { property: "port", wanted: 80, found: "80" },
    ]);
  });

  it("are all of them where nothing was found", () => {
    expect(differences(["a", "b"], { a: 1, b: 2 }, undefined).map(({ property }) => property)).toEqual(["a", "b"]);
  });
});

describe("describeDifferences", () => {
  it("is a line a difference, with `nothing` for what is not there", () => {
    const text = describeDifferences([
      { property: "vip", wanted: "172.25.254.100/24", found: undefined },
      { property: "destinations", wanted: { "172.25.254.12:80": 1 }, found: {} },
    ]);
    expect(text).toBe(
      '  vip: wanted "172.25.254.100/24", found nothing\n  destinations: wanted {"172.25.254.12:80":1}, found {}',
    );
  });

  it("shortens what is long, and keeps its line", () => {
    const text = describeDifferences([{ property: "config", wanted: "line\n".repeat(1000), found: "" }]);
    expect(text).not.toContain("\n");
    expect(text.length).toBeLessThan(400);
    expect(text).toMatch(/…, found ""$/);
  });
});
