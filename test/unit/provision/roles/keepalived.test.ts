import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { readLab } from "../../../../lab/index.ts";
import { ipvsTableIn, parseIpvsTable } from "../../../../provision/roles/ipvs-table.ts";
import {
  inOrderOf,
  keepalived,
  otherThresholds,
  otherWeights,
  parseSyncDaemon,
  weightsAsIn,
} from "../../../../provision/roles/keepalived.ts";
import { keepalivedConf } from "../../../../provision/roles/keepalived-conf.ts";
import { secret, unwrap } from "../../../../provision/values.ts";

const { services } = await readLab("labs/ha.yaml");
const configOf = (change: object = {}) =>
  keepalivedConf({ instances: [], services: services.map((service) => ({ ...service, ...change })) });

/** As ipvsadm 1.31 saves it. */
const saved = (...weights: (number | undefined)[]) =>
  `-A -t 172.25.254.100:80 -s rr\n${weights
    .map((weight, index) =>
      weight === undefined ? "" : `-a -t 172.25.254.100:80 -r 172.25.254.1${index + 2}:80 -g -w ${weight}\n`,
    )
    .join("")}-A -u 172.25.254.100:53 -s rr\n-a -u 172.25.254.100:53 -r 172.25.254.12:53 -g -w 5\n`;

const inhibited = configOf({
  healthCheck: { type: "tcp", delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3, inhibitOnFailure: true },
});

describe("weights that are not those of keepalived.conf", () => {
  const cases: [string, string, string, string[]][] = [
    ["none", configOf(), saved(1, 1), []],
    ["none of a real server that is out", configOf(), saved(undefined, 1), []],
    ["that of a drained one", configOf(), saved(0, 1), ["172.25.254.100:80 172.25.254.12:80 0"]],
    ["another", configOf(), saved(1, 3), ["172.25.254.100:80 172.25.254.13:80 3"]],
    ["none of a failed one that stays in with weight 0", inhibited, saved(0, 1), []],
    ["another of one that would stay in", inhibited, saved(2, 1), ["172.25.254.100:80 172.25.254.12:80 2"]],
  ];

  it.each(cases)("are seen: %s", (_, config, table, seen) => {
    expect(otherWeights(config, parseIpvsTable(table))).toEqual(seen);
  });

  it.each(cases)("are set, and no others: %s", { timeout: 20_000 }, (_, config, table, seen) => {
    // The first ipvsadm prints the table, another one says how it was called; waiting takes no time.
    const script = `sleep() { :; }; ipvsadm() { case "$*" in --save*) printf %s "$TABLE" ;; -ln*) printf %s "$LIST" ;; *) printf "%s\\n" "$*" ;; esac; }
set -e
${weightsAsIn(config)}`;
    const done = execFileSync("bash", ["-c", script], {
      encoding: "utf8",
      env: { ...process.env, TABLE: table, LIST: listed("0 0", "0 0") },
    });
    expect(done.split("\n").filter(Boolean)).toEqual(
      seen.map((one) => `-e -t 172.25.254.100:80 -r ${one.split(" ")[1]} -g -w 1`),
    );
  });
});

/** As `ipvsadm -ln --thresholds` lists it: upper and lower thresholds of both real servers. */
const listed = (...limits: readonly string[]) =>
  `Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn
  -> RemoteAddress:Port
TCP  172.25.254.100:80 rr
${limits.map((both, index) => `  -> 172.25.254.1${index + 2}:80   ${both.replace(" ", "   ")}   0   0\n`).join("")}UDP  172.25.254.100:53 rr
  -> 172.25.254.12:53   7   6   0   0
`;

describe("thresholds that are not those of keepalived.conf", () => {
  const limited = configOf({
    realServers: services[0]?.realServers.map((one) => ({ ...one, upperThreshold: 60, lowerThreshold: 40 })),
  });
  const cases: [string, string, string, string, string[], string[]][] = [
    ["none", limited, saved(1, 1), listed("60 40", "60 40"), [], []],
    ["none of a service without", configOf(), saved(1, 1), listed("0 0", "0 0"), [], []],
    [
      "those of one that was edited by hand",
      limited,
      saved(1, 1),
      listed("0 0", "60 40"),
      ["172.25.254.100:80 172.25.254.12:80 0 0"],
      ["-e -t 172.25.254.100:80 -r 172.25.254.12:80 -g -w 1 -x 60 -y 40"],
    ],
    [
      "those that were set by hand",
      configOf(),
      saved(1, 1),
      listed("0 0", "5 0"),
      ["172.25.254.100:80 172.25.254.13:80 5 0"],
      ["-e -t 172.25.254.100:80 -r 172.25.254.13:80 -g -w 1"],
    ],
    [
      "none of a drained one, whose weight is another",
      limited,
      saved(0, 1),
      listed("60 40", "60 40"),
      [],
      ["-e -t 172.25.254.100:80 -r 172.25.254.12:80 -g -w 1 -x 60 -y 40"],
    ],
  ];

  it.each(cases)("are seen and set: %s", { timeout: 20_000 }, (_, config, table, list, seen, edits) => {
    expect(otherThresholds(config, ipvsTableIn({ table: { text: table }, thresholds: { text: list } }))).toEqual(seen);
    const script = `sleep() { :; }; ipvsadm() { case "$*" in --save*) printf %s "$TABLE" ;; -ln*) printf %s "$LIST" ;; *) printf "%s\\n" "$*" ;; esac; }
set -e
${weightsAsIn(config)}`;
    const env = { ...process.env, TABLE: table, LIST: list };
    expect(execFileSync("bash", ["-c", script], { encoding: "utf8", env }).split("\n").filter(Boolean)).toEqual(edits);
  });
});

const recorded = { server: {}, config: "text", virtualServices: [], running: true, enabled: true };

it("of an earlier version calls no script, has no other weights, and has its passwords in a list", () => {
  const now = { ...recorded, notifyScript: "", programs: [], otherWeights: [], otherThresholds: [], syncDaemon: "" };
  expect(keepalived.upgrade?.({ ...recorded, passwords: ["1111"] })).toEqual({ ...now, passwords: ["1111"] });
  expect(unwrap(keepalived.upgrade?.({ ...recorded, password: secret("1111") }))).toEqual({
    ...now,
    passwords: ["1111"],
  });
  expect(keepalived.upgrade?.({ ...recorded, password: "" })).toEqual({ ...now, passwords: [] });
});

it("in the present form is left as it is", () => {
  const now = {
    ...recorded,
    passwords: [],
    notifyScript: "#!/bin/sh\n",
    programs: ["/bin/true"],
    otherWeights: ["a"],
    otherThresholds: [],
    syncDaemon: "eth0 51",
  };
  expect(keepalived.upgrade?.(now)).toEqual(now);
});

it("IPVS's sync daemon is known by its interface and id, whichever of the two it is", () => {
  const line = (kind: string) =>
    `${kind} sync daemon (mcast=eth0, syncid=51, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)\n`;
  expect(parseSyncDaemon(line("master"))).toBe("eth0 51");
  expect(parseSyncDaemon(line("backup"))).toBe("eth0 51");
  expect(parseSyncDaemon("")).toBe("");
});

it("the kernel's order of virtual services is no difference, and a further one is", () => {
  const wanted = ["172.25.254.100:80 rr", "-u 172.25.254.100:53 rr", "172.25.254.100:8080 rr"];
  const [web, dns, api] = wanted as [string, string, string];
  expect(inOrderOf(wanted, [web, api, dns])).toEqual(wanted);
  expect(inOrderOf(wanted, [api, "-f 7 rr", web])).toEqual([web, api, "-f 7 rr"]);
});
