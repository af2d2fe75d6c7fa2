import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { director, edits, rules } from "../../../../provision/roles/director.ts";

type Wanted = Parameters<typeof edits>[0];

const route = (weight: number) => ({ weight, forwarding: "Route" }) as const;
const service: Wanted[string] = {
  scheduler: "rr",
  schedulerFlags: [],
  persistenceTimeout: 0,
  destinations: { "172.25.254.12:80": route(1), "172.25.254.13:80": route(1) },
};
const key = "-t 172.25.254.100:80";
const wanted: Wanted = { [key]: service };
const found = { services: wanted, otherServices: [] };

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
  expect(calls(wanted, { services: {}, otherServices: [] })).toEqual(all);
});

it("thresholds that are there and are not to be", () => {
  const limited = {
    ...service,
    destinations: { ...service.destinations, "172.25.254.12:80": { ...route(1), upperThreshold: 9 } },
  };
  expect(calls(wanted, { services: { [key]: limited }, otherServices: [] })).toEqual([
    "-e -t 172.25.254.100:80 -r 172.25.254.12:80 -g -w 1",
  ]);
});

it("nothing where all is as wanted", () => {
  expect(calls(wanted, found)).toEqual([]);
});

it.each([
  [
    "a weight",
    { destinations: { ...service.destinations, "172.25.254.13:80": route(3) } },
    ["-e -t 172.25.254.100:80 -r 172.25.254.13:80 -g -w 3"],
  ],
  [
    "a forwarding method",
    { destinations: { ...service.destinations, "172.25.254.13:80": { weight: 1, forwarding: "Masq" as const } } },
    ["-e -t 172.25.254.100:80 -r 172.25.254.13:80 -m -w 1"],
  ],
  [
    "thresholds",
    {
      destinations: {
        ...service.destinations,
        "172.25.254.13:80": { ...route(1), upperThreshold: 9, lowerThreshold: 5 },
      },
    },
    ["-e -t 172.25.254.100:80 -r 172.25.254.13:80 -g -w 1 -x 9 -y 5"],
  ],
  ["the scheduler", { scheduler: "wlc" }, ["-E -t 172.25.254.100:80 -s wlc"]],
  ["persistence", { persistenceTimeout: 50 }, ["-E -t 172.25.254.100:80 -s rr -p 50"]],
  [
    "persistence of networks",
    { persistenceTimeout: 50, persistenceNetmask: 24 },
    ["-E -t 172.25.254.100:80 -s rr -p 50 -M 255.255.255.0"],
  ],
  ["one-packet scheduling", { onePacket: true as const }, ["-E -t 172.25.254.100:80 -s rr -o"]],
  [
    "the scheduler's flags",
    { scheduler: "sh", schedulerFlags: ["sh-fallback", "sh-port"], persistenceTimeout: 50 },
    ["-E -t 172.25.254.100:80 -s sh -p 50 -b sh-fallback,sh-port"],
  ],
  [
    "a real server more",
    { destinations: { ...service.destinations, "172.25.254.15:80": route(2) } },
    ["-a -t 172.25.254.100:80 -r 172.25.254.15:80 -g -w 2"],
  ],
  [
    "a real server less",
    { destinations: { "172.25.254.12:80": route(1) } },
    ["-d -t 172.25.254.100:80 -r 172.25.254.13:80"],
  ],
])("a change of %s edits that alone", (_what, change, commands) => {
  expect(calls({ [key]: { ...service, ...change } }, found)).toEqual(commands);
});

it("persistence that is no longer wanted is taken off by an edit without it", () => {
  expect(calls(wanted, { ...found, services: { [key]: { ...service, persistenceTimeout: 50 } } })).toEqual([
    "-E -t 172.25.254.100:80 -s rr",
  ]);
});

it("flags that are no longer wanted are taken off by an edit without them", () => {
  const hashed = { ...service, scheduler: "sh" };
  const flagged = { services: { [key]: { ...hashed, schedulerFlags: ["sh-port"] } }, otherServices: [] };
  expect(calls({ [key]: hashed }, flagged)).toEqual(["-E -t 172.25.254.100:80 -s sh"]);
});

it("the boot unit's rules have the flags", () => {
  expect(rules({ services: { [key]: { ...service, scheduler: "mh", schedulerFlags: ["mh-port"] } } })).toContain(
    "-A -t 172.25.254.100:80 -s mh -b mh-port\n",
  );
});

it("services that the lab has not asked for go, of every kind, and first", () => {
  const otherServices = ["-t 172.25.254.99:80", "-u 172.25.254.100:53", "-f 7"];
  expect(calls(wanted, { ...found, otherServices })).toEqual([
    "--delete-service -t 172.25.254.99:80",
    "--delete-service -u 172.25.254.100:53",
    "--delete-service -f 7",
  ]);
});

it("a second service is added beside the first, which is left alone", () => {
  const both = {
    ...wanted,
    "-t 172.25.254.101:8080": { ...service, destinations: { "172.25.254.12:8080": route(1) } },
  };
  expect(calls(both, found)).toEqual([
    "-A -t 172.25.254.101:8080 -s rr",
    "-a -t 172.25.254.101:8080 -r 172.25.254.12:8080 -g -w 1",
  ]);
});

it("a state of the first version of the resource is read as one service and one VIP", () => {
  const old = {
    server: {},
    interface: "eth0",
    vip: "172.25.254.100/24",
    port: 80,
    scheduler: service.scheduler,
    persistenceTimeout: service.persistenceTimeout,
    destinations: service.destinations,
    otherServices: [],
    onBoot: true,
  };
  const upgraded = {
    server: {},
    addresses: { eth0: ["172.25.254.100/24"] },
    services: wanted,
    otherServices: [],
    onBoot: true,
  };
  const { addresses: _, ...rest } = upgraded;
  expect(director.upgrade?.(old)).toEqual(upgraded);
  expect(director.upgrade?.({ ...rest, interface: "eth0", vips: ["172.25.254.100/24"] })).toEqual(upgraded);
  expect(director.upgrade?.(upgraded)).toEqual(upgraded);
  const { schedulerFlags: __, ...flagless } = service;
  expect(director.upgrade?.({ ...upgraded, services: { [key]: flagless } })).toEqual(upgraded);
  expect(director.upgrade?.({ vips: [] })).toEqual({ addresses: { eth0: [] }, services: {} });
});
