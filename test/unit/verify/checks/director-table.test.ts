import { describe, expect, it } from "vitest";
import type { Lab, Scheduler } from "../../../../lab/index.ts";
import type { Seen } from "../../../../verify/checks/check.ts";
import { directorTable } from "../../../../verify/checks/director-table.ts";
import { sameWeights } from "../../../../verify/checks/weights.ts";
import { aLiveLab, RecordedView } from "../a-live-lab.ts";
import { withService } from "../other-labs.ts";
import { byCommand } from "./seeing.ts";

const dr = await aLiveLab("dr");
const head = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
`;
const real = (address: string, weight = 1, method = "Route") =>
  `  -> ${address}             ${method}   ${weight}      0          0         \n`;

it("thresholds are compared where the lab has some", async () => {
  const table = `${head}TCP  172.25.254.100:80 rr\n${real("172.25.254.12:80")}${real("172.25.254.13:80")}`;
  const limits = (upper: number) =>
    `TCP  172.25.254.100:80 rr\n  -> 172.25.254.12:80   ${upper}   40   0   0\n  -> 172.25.254.13:80   60   40   0   0\n`;
  const [service] = dr.lab.services;
  const realServers = service?.realServers.map((one) => ({ ...one, upperThreshold: 60, lowerThreshold: 40 })) ?? [];
  const lab = { ...dr.lab, services: dr.lab.services.map((one) => ({ ...one, realServers })) };
  const seen = async (upper: number, of: Lab) => {
    const view = new RecordedView({ ...dr, lab: of }, (_, command) =>
      command.includes("--thresholds") ? limits(upper) : command.startsWith("ipvsadm") ? table : "",
    );
    return await directorTable.look(view, { host: "server1" });
  };
  expect(await seen(60, lab)).toMatchObject({ passed: true });
  expect(await seen(59, dr.lab)).toMatchObject({ passed: true });
  expect(await seen(59, lab)).toMatchObject({
    passed: false,
    hint: "The real server 172.25.254.12:80 has the upper and lower thresholds 59 and 40, and is to have 60 and 40; 0 is none.",
  });
});

async function looked(table: string, lab: Lab = dr.lab): Promise<Seen> {
  const view = new RecordedView({ ...dr, lab }, byCommand({ "ipvsadm -ln": table, pgrep: "" }));
  return await directorTable.look(view, { host: "server1" });
}

describe("weights mean the same", () => {
  it.each<[Scheduler, number[], number[], boolean]>([
    ["rr", [1, 1], [3, 7], true],
    ["rr", [1, 1], [0, 1], false],
    ["lc", [1, 3], [3, 1], true],
    ["dh", [1, 1], [2, 1], true],
    ["wrr", [1, 3], [1, 3], true],
    ["wrr", [1, 3], [10, 30], true],
    ["wrr", [2, 4], [1, 2], true],
    ["wrr", [1, 1], [5, 5], true],
    ["wrr", [1, 3], [3, 1], false],
    ["wrr", [1, 3], [1, 2], false],
    ["wrr", [0, 1], [0, 9], true],
    ["wrr", [0, 1], [1, 1], false],
    ["wlc", [1, 2, 3], [2, 4, 6], true],
    ["lblc", [1, 1], [9, 9], false],
    ["sh", [1, 2], [2, 1], false],
    ["fo", [1, 3], [1, 100], true],
    ["fo", [1, 3], [3, 3], false],
    ["fo", [3, 2, 1], [9, 8, 7], true],
    ["fo", [2, 2, 1], [5, 3, 1], true],
    ["ovf", [1, 3], [2, 6], false],
    ["ovf", [1, 3], [1, 3], true],
  ])("%s: %j and %j: %s", (scheduler, wanted, found, same) => {
    expect(sameWeights(scheduler, wanted, found)).toBe(same);
  });
});

describe("a hint names each thing that is wrong, and no command", () => {
  const service = "TCP  172.25.254.100:80 rr\n";
  const [two, three] = [real("172.25.254.12:80"), real("172.25.254.13:80")];
  it.each<[string, string, RegExp]>([
    ["no service", head, /needs a virtual service for 172\.25\.254\.100:80 over TCP, with the scheduler rr/],
    [
      "another scheduler",
      `${head}TCP  172.25.254.100:80 wlc\n${two}${three}`,
      /has the scheduler wlc, and is to have rr/,
    ],
    ["a missing real server", head + service + two, /lacks the real server 172\.25\.254\.13:80/],
    [
      "a foreign one",
      `${head}${service}${two}${three}${real("172.25.254.14:80")}`,
      /sends requests to 172\.25\.254\.14:80 too/,
    ],
    [
      "another method",
      head + service + two + real("172.25.254.13:80", 1, "Masq"),
      /reaches 172\.25\.254\.13:80 by the method Masq.*direct routing/,
    ],
    ["a weight of 0", head + service + two + real("172.25.254.13:80", 0), /a weight of 0 gets nothing/],
    [
      "persistence",
      `${head}TCP  172.25.254.100:80 rr persistent 300\n${two}${three}`,
      /is persistent: a client stays .* for 300 s/,
    ],
  ])("%s", async (_what, table, hint) => {
    const seen = await looked(table);
    expect(seen.passed).toBe(false);
    expect(seen.hint).toMatch(hint);
    expect(seen.hint).not.toContain("ipvsadm -");
  });

  it("several at once, each in a sentence", async () => {
    const { hint = "" } = await looked(`${head}TCP  172.25.254.100:80 wlc persistent 50\n${two}`);
    expect(hint.match(/The service 172/g)).toHaveLength(3);
  });

  it("persistence that is missing", async () => {
    const lab = withService(dr.lab, { persistenceTimeout: 50 });
    expect((await looked(head + service + two + three, lab)).hint).toMatch(
      /is to be persistent for 50 s, and has no persistence/,
    );
  });
});

describe("a service by firewall mark", () => {
  const marked = `${head}FWM  1 rr\n${real("172.25.254.12:0")}${real("172.25.254.13:0")}`;
  /** `ipvsadm -ln --stats --exact`, where requests are counted to it or not. */
  const seen = async (counted: boolean, table = marked, late = 0) => {
    let requests = -late;
    const view = new RecordedView(dr, (where, command) => {
      if (where === "client") requests++;
      if (!command.includes("--stats")) return table;
      if (late > 0) requests++; // the kernel brings its statistics up to date every two seconds
      return `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
FWM  1                                  ${7 + (counted ? Math.max(requests, 0) : 0)}       41        0     2665        0
  -> 172.25.254.12:0                    4       21        0     1365        0
`;
    });
    return await directorTable.look(view, { host: "server1" });
  };

  it("is one where the client's requests are counted to it", async () => {
    expect(await seen(true)).toMatchObject({ passed: true });
    expect(await seen(false)).toMatchObject({ passed: false, started: true });
  });

  it("is one where they are counted late", async () => {
    expect(await seen(true, marked, 4)).toMatchObject({ passed: true });
  });

  it("is held to the same: scheduler, method, real servers", async () => {
    expect(await seen(true, marked.replace(" rr", " wlc"))).toMatchObject({ passed: false });
    expect(await seen(true, marked.replace("Route", "Masq "))).toMatchObject({ passed: false });
    expect(await seen(true, marked.replace(/^.*254\.13.*\n/m, ""))).toMatchObject({ passed: false });
  });

  it("is taken for it on a standby, which gets no requests", async () => {
    const ha = await aLiveLab("ha");
    const view = new RecordedView(ha, () => marked);
    expect(await directorTable.look(view, { host: "server4" })).toMatchObject({ passed: true });
    expect(view.evidence.map(({ where }) => where)).not.toContain("client");
  });
});
