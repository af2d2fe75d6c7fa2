import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { edits } from "../../../../provision/roles/director.ts";

type Wanted = Parameters<typeof edits>[0];

const route = (weight: number) => ({ weight, forwarding: "Route" }) as const;
const wanted: Wanted = {
  vip: "172.25.254.100/24",
  interface: "eth0",
  port: 80,
  scheduler: "rr",
  persistenceTimeout: 0,
  destinations: { "172.25.254.12:80": route(1), "172.25.254.13:80": route(1) },
};
const found = { ...wanted, otherServices: [] };

/** The arguments that ipvsadm would get from bash. */
const calls = (...[to, from]: Parameters<typeof edits>): string[] =>
  execFileSync("bash", ["-c", ['ipvsadm() { echo "$*"; }', ...edits(to, from)].join("\n")], { encoding: "utf8" })
    .split("\n")
    .slice(0, -1);

it("from nothing: the article's commands", () => {
  const all = [
    "-A -t 172.25.254.100:80 -s rr",
    "-a -t 172.25.254.100:80 -r 172.25.254.12:80 -g -w 1",
    "-a -t 172.25.254.100:80 -r 172.25.254.13:80 -g -w 1",
  ];
  expect(calls(wanted)).toEqual(all);
  // As `observe` sees an empty table.
  expect(calls(wanted, { scheduler: undefined, destinations: undefined, otherServices: [] })).toEqual(all);
});

it("nothing where all is as wanted", () => {
  expect(calls(wanted, found)).toEqual([]);
});

it.each([
  [
    "a weight",
    { destinations: { ...wanted.destinations, "172.25.254.13:80": route(3) } },
    ["-e -t 172.25.254.100:80 -r 172.25.254.13:80 -g -w 3"],
  ],
  [
    "a forwarding method",
    { destinations: { ...wanted.destinations, "172.25.254.13:80": { weight: 1, forwarding: "Masq" as const } } },
    ["-e -t 172.25.254.100:80 -r 172.25.254.13:80 -m -w 1"],
  ],
  ["the scheduler", { scheduler: "wlc" }, ["-E -t 172.25.254.100:80 -s wlc"]],
  ["persistence", { persistenceTimeout: 50 }, ["-E -t 172.25.254.100:80 -s rr -p 50"]],
  [
    "a real server more",
    { destinations: { ...wanted.destinations, "172.25.254.15:80": route(2) } },
    ["-a -t 172.25.254.100:80 -r 172.25.254.15:80 -g -w 2"],
  ],
  [
    "a real server less",
    { destinations: { "172.25.254.12:80": route(1) } },
    ["-d -t 172.25.254.100:80 -r 172.25.254.13:80"],
  ],
])("a change of %s edits that alone", (_what, change, commands) => {
  expect(calls({ ...wanted, ...change }, found)).toEqual(commands);
});

it("persistence that is no longer wanted is taken off by an edit without it", () => {
  expect(calls(wanted, { ...found, persistenceTimeout: 50 })).toEqual(["-E -t 172.25.254.100:80 -s rr"]);
});

it("services that the lab has not asked for go, of every kind, and first", () => {
  const otherServices = ["-t 172.25.254.99:80", "-u 172.25.254.100:53", "-f 7"];
  expect(calls(wanted, { ...found, otherServices })).toEqual([
    "--delete-service -t 172.25.254.99:80",
    "--delete-service -u 172.25.254.100:53",
    "--delete-service -f 7",
  ]);
});
