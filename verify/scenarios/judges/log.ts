import type { LogExpectation } from "../scenario.ts";
import type { Judge } from "./judge.ts";

export const log: Judge<LogExpectation> = {
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
};
