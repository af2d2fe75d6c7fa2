import { describe, expect, it } from "vitest";
import { z } from "zod";
import { checkShape } from "../../../../lab/yaml/shape.ts";

describe("a schema without words of its own is told in plain ones", () => {
  it.each<[string, z.ZodType, unknown, string, string]>([
    [
      "a whole number",
      z.int().min(1).max(254).default(100),
      0,
      "a whole number from 1 to 254",
      "write `it: 100`, which is the default, or leave it out",
    ],
    ["a number without bounds", z.number(), "x", "a number", "write a number"],
    ["a number with an upper bound", z.number().max(9), 10, "a number up to 9", "write a number up to 9"],
    ["a positive number", z.number().positive(), 0, "a number above 0", "write a number above 0"],
    ["yes or no", z.boolean(), "yes", "true or false", "write true or false"],
    ["text", z.string().max(8), "123456789", "text of 0 to 8 characters", "write text of 0 to 8 characters"],
    ["words", z.enum(["tcp", "udp"]), "tcpp", "one of tcp, udp", "did you mean `tcp`?"],
    ["a described one", z.int().describe("how far off"), 0.5, "how far off: a whole number", "write a whole number"],
    ["a list", z.array(z.int()), 5, "a list", "write a list"],
  ])("%s", (_, schema, value, expected, remedy) => {
    const { findings } = checkShape(z.strictObject({ it: schema }), { it: value });
    expect(findings).toEqual([{ rule: "value", path: ["it"], expected, remedy }]);
  });
});
