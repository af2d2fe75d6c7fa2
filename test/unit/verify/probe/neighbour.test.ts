import { spawn } from "node:child_process";
import { expect, it } from "vitest";
import { entryIn, NeighbourWatch } from "../../../../verify/probe/neighbour.ts";
import type { ArpChange } from "../../../../verify/probe/records.ts";

const VIP = "fd00:254::100";

it.each([
  ["fd00:254::100 dev eth0 lladdr 52:54:00:fe:fe:0b REACHABLE", "52:54:00:fe:fe:0b"],
  ["fd00:254::100 dev eth0 lladdr 52:54:00:fe:fe:0b router STALE ", "52:54:00:fe:fe:0b"],
  ["fd00:254::100 dev eth0 INCOMPLETE", null],
  ["fd00:254::100 dev eth0 FAILED", null],
  ["fd00:254::100 dev eth0 lladdr 52:54:00:fe:fe:0b FAILED", null],
  ["Deleted fd00:254::100 dev eth0 lladdr 52:54:00:fe:fe:0b STALE", null],
  ["fd00:254::1001 dev eth0 lladdr 52:54:00:fe:fe:0b REACHABLE", undefined],
  ["Deleted fd00:254::11 dev eth0 lladdr 52:54:00:fe:fe:0b STALE", undefined],
  ["", undefined],
])("reads %j", (line, mac) => {
  expect(entryIn(line, VIP)).toBe(mac);
});

/** A place whose `ip` prints these lines: of the entry at the start, and of the changes. */
const place = (shown: string, monitored: string) => ({
  spawn: (_: string, [program = ""]: readonly string[]) =>
    spawn("sh", ["-c", program === "sh" ? `printf '${monitored}'; read -r _` : `printf '${shown}'`]),
});

it("tells the state at the start and each change of the hardware address, once", async () => {
  const changes: ArpChange[] = [];
  const line = (mac: string) => `${VIP} dev eth0 lladdr ${mac} REACHABLE\n`;
  const none = await NeighbourWatch.start(place("", ""), {
    address: VIP,
    now: () => 7,
    tell: (change) => changes.push(change),
  });
  none.stop();
  expect(changes).toEqual([{ mac: null, after: 7, at: 7 }]);
  changes.length = 0;
  const moved = `${line("52:54:00:fe:fe:0b")}${line("52:54:00:fe:fe:0b")}${line("52:54:00:fe:fe:0e")}`;
  // What is monitored before the first look is newer than that.
  const watch = await NeighbourWatch.start(place(line("52:54:00:fe:fe:0a"), moved), {
    address: VIP,
    now: () => 9,
    tell: (change) => changes.push(change),
  });
  watch.stop();
  expect(changes.map(({ mac }) => mac)).toEqual(["52:54:00:fe:fe:0b", "52:54:00:fe:fe:0e"]);
});
