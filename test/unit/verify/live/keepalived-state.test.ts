import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseInstances } from "../../../../verify/live/keepalived-state.ts";

/** What the program of Debian 13 wrote at its signal DATA, with a script that fails, and nobody to hear. */
const text = readFileSync(join(import.meta.dirname, "keepalived-2.3.3.txt"), "utf8");

it("reads the account of keepalived 2.3.3", () => {
  expect(parseInstances(text)).toEqual([
    {
      name: "VI_1",
      id: 51,
      version: 3,
      state: "MASTER",
      priority: 100,
      effectivePriority: 40,
      advertInterval: 0.25,
      preempt: true,
      preemptDelay: 5,
      peers: ["172.25.254.14", "172.25.254.15"],
      addresses: ["172.25.254.100", "172.25.254.101"],
    },
    {
      name: "VI_2",
      id: 52,
      version: 2,
      state: "MASTER",
      priority: 90,
      effectivePriority: 90,
      advertInterval: 1,
      preempt: false,
      preemptDelay: 0,
      peers: [],
      addresses: ["192.168.10.254"],
    },
  ]);
});
