import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { readLab } from "../../../../lab/index.ts";
import { parseIpvsTable } from "../../../../provision/roles/ipvs-table.ts";
import { keepalived, otherWeights, parseSyncDaemon, weightsAsIn } from "../../../../provision/roles/keepalived.ts";
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
    const script = `sleep() { :; }; ipvsadm() { if [ "$1" = --save ]; then printf %s "$TABLE"; else printf "%s\\n" "$*"; fi; }
set -e
${weightsAsIn(config)}`;
    const done = execFileSync("bash", ["-c", script], { encoding: "utf8", env: { ...process.env, TABLE: table } });
    expect(done.split("\n").filter(Boolean)).toEqual(
      seen.map((one) => `-e -t 172.25.254.100:80 -r ${one.split(" ")[1]} -g -w 1`),
    );
  });
});

const recorded = { server: {}, config: "text", virtualServices: [], running: true, enabled: true };

it("of an earlier version calls no script, has no other weights, and has its passwords in a list", () => {
  const now = { ...recorded, notifyScript: "", programs: [], otherWeights: [], syncDaemon: "" };
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
