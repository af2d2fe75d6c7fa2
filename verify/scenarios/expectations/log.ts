import { z } from "zod";
import { property } from "../../../lab/yaml/schema.ts";
import type { Selector } from "../selectors.ts";
import { director } from "../values.ts";
import { defineExpectation } from "./kind.ts";

/** State: since the window began, keepalived's journal on a director got a line that matches the pattern. */
export interface LogExpectation {
  readonly kind: "log";
  readonly on: Selector;
  /** As it is in the file: text, or `/REGEX/`. */
  readonly line: string;
  /** A JavaScript regular expression (flags: none) for either. */
  readonly pattern: string;
}

export const log = defineExpectation({
  schema: property(
    z.strictObject({
      on: director("on"),
      line: property(z.string().refine(isLine), "text of a line of the journal, or /REGEX/", (value) =>
        typeof value === "string" && regexIn(value)
          ? "correct the regular expression; it must be valid in JavaScript"
          : 'write `line: "Entering MASTER STATE"`',
      ),
    }),
    "a map with on and line",
    'write `log: { on: standby, line: "Entering MASTER STATE" }`',
  ),
  complete: (value): LogExpectation => ({
    kind: "log",
    ...value,
    pattern: regexIn(value.line) ?? literally(value.line),
  }),
  selectors: ({ on }) => [{ path: ["on"], selector: on, wanted: "a director" }],
  resolve: (expectation, { one }) => ({ ...expectation, on: one(expectation.on) }),
  needsKeepalived: () => true,
  marks: ({ on }) => on,
  waitsFor: "ssh",
  expected: ({ on, line }) => `keepalived's journal on ${on} has a line with ${line}`,
  async look({ on, pattern }, { baselines }, view) {
    const { cursor } = baselines.of(on);
    const after = cursor === "" ? [] : ["--after-cursor", cursor];
    const { output } = await view.on(on)`journalctl --quiet --unit keepalived --output cat --no-pager ${after}`;
    const lines = output.split("\n").filter(Boolean);
    const found = lines.find((text) => new RegExp(pattern).test(text));
    const last = lines.at(-1);
    return { ok: found !== undefined, seen: found ?? (last ? `no such line; the last is: ${last}` : "no line at all") };
  },
  hint: "`npx lvs-lab ssh SERVER -- journalctl -u keepalived` shows all of it.",
});

/** The pattern of `/REGEX/`; undefined for other text. */
function regexIn(line: string): string | undefined {
  return /^\/(.+)\/$/.exec(line)?.[1];
}

function isLine(line: string): boolean {
  try {
    new RegExp(regexIn(line) ?? "");
    return line.length > 0;
  } catch {
    return false;
  }
}

/** A regular expression that matches the text as written. */
const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
