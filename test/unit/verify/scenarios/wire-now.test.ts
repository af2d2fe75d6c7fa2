import { expect, it } from "vitest";
import { mastersNow } from "../../../../verify/scenarios/wire-now.ts";
import { adverts, resigns } from "../wire/wire-story.ts";
import { anObserved } from "./an-observed.ts";

const masters = (spoken: ReturnType<typeof adverts>, now = 10_000) =>
  mastersNow(anObserved({ wire: { adverts: spoken }, now }));
const one = (server: "server1" | "server4", at: number, virtualRouterId?: number) =>
  adverts(server, { from: at, count: 1, ...(virtualRouterId === undefined ? {} : { virtualRouterId }) });

it.each<[string, ReturnType<typeof adverts>, string[]]>([
  ["who spoke within two intervals", one("server1", 8000), ["server1"]],
  ["nobody whose last word is older", one("server1", 7999), []],
  ["two in a split brain", [...one("server4", 9000), ...one("server1", 9500)], ["server1", "server4"]],
  ["nobody who has resigned since", [...one("server1", 9000), ...resigns("server1", 9500)], []],
  ["who has come back since", [...resigns("server1", 9000), ...one("server1", 9500)], ["server1"]],
  ["nobody of another virtual router", one("server1", 9500, 52), []],
  [
    "an unknown router, by its address",
    adverts(undefined, { from: 9500, count: 1, source: "172.25.254.254", priority: 200 }),
    ["172.25.254.254"],
  ],
])("masters now: %s", (_, spoken, names) => {
  expect(masters(spoken)).toEqual(names);
});
