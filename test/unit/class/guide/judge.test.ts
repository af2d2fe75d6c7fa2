import { describe, expect, it } from "vitest";
import { judgeAll } from "../../../../class/guide/judge.ts";
import { readClientLook, readServerLook } from "../../../../class/guide/look.ts";
import { noProgress, type Progress, withLook } from "../../../../class/guide/progress.ts";
import type { Judgement, Step } from "../../../../class/guide/step.ts";
import { stepsOf } from "../../../../class/guide/steps/index.ts";
import { type Lab, readLab } from "../../../../lab/index.ts";
import type { CheckResult } from "../../../../verify/checks/check.ts";
import { aResult } from "../../verify/a-result.ts";
import { address, answers, counts, looksOf, macOn, ports, table } from "./looks.ts";

const [dr, ha] = (await Promise.all(["bare", "bare-ha"].map((name) => readLab(`labs/${name}.yaml`)))) as [Lab, Lab];
const VIP = "172.25.254.100";

const stepIn = (lab: Lab, id: string): Step => {
  const step = stepsOf({ lab, stack: lab.name }).find((one) => one.id === id);
  if (!step) throw new Error(`no step ${id}`);
  return step;
};

type Servers = Parameters<typeof looksOf>[1];
/** What the look alone says of an edge. */
function seen(lab: Lab, id: string, servers: Servers, entries: Readonly<Record<string, string>> = {}): Judgement {
  const { recognised } = stepIn(lab, id);
  if (recognised.by !== "look") throw new Error(`${id} is recognised by a check`);
  return recognised.judge(looksOf(lab, servers, entries));
}
/** What the look says against a check. */
function against(
  lab: Lab,
  id: string,
  servers: Servers,
  { entries = {}, before = false, host = "client" } = {},
): string | undefined {
  const { recognised } = stepIn(lab, id);
  if (recognised.by !== "check") throw new Error(`${id} is recognised by a look`);
  const subject = recognised.subjects.find((one) => one.host === host);
  if (!subject) throw new Error(`${id} is not looked at on ${host}`);
  return recognised.against?.(looksOf(lab, servers, entries), subject, before);
}

describe("a look at a server", () => {
  it("reads addresses, the table, who listens, what keeps it quiet, mail", () => {
    const look = readServerLook(
      answers({
        addresses: address("eth0", "172.25.254.11/24") + address("eth0", `${VIP}/32`),
        table: table(`${VIP}:80`, "172.25.254.12:80"),
        counts: counts(12),
        listening: `${ports(80, 22)}udp   UNCONN 0      0            0.0.0.0:53       0.0.0.0:*          \n`,
        mail: "Subject: [LVS_DEVEL] Realserver [172.25.254.12]:tcp:80 of virtual server [172.25.254.100]:tcp:80 - DOWN\n",
      }),
    );
    expect(look.addresses.map((one) => one.address)).toEqual(["172.25.254.11", VIP]);
    expect(look.table[0]?.destinations).toHaveProperty("172.25.254.12:80");
    expect(look).toMatchObject({ connections: 12, quietened: false });
    expect([...look.listening]).toEqual(["tcp 80", "tcp 22", "udp 53"]);
    expect(look.subjects[0]).toContain("172.25.254.12");
  });

  it.each([
    [
      "a rule of arptables",
      { arptables: `Chain INPUT (policy ACCEPT)\n-j DROP -d ${VIP} \nChain OUTPUT (policy ACCEPT)\n` },
    ],
    [
      "a table of nftables",
      { nft: "table arp cure {\n\tchain in {\n\t\ttype filter hook input priority 0;\n\t}\n}\n" },
    ],
    ["arp_ignore", { sysctls: "0\n1\n0\n" }],
    [
      "an interface without ARP",
      { links: "2: eth0: <BROADCAST,NOARP,UP> mtu 1500 qdisc x state UP \\    link/ether 52:54:00:aa:00:0c brd ff\n" },
    ],
  ])("%s may keep it quiet", (_what, given) => {
    expect(readServerLook(answers(given)).quietened).toBe(true);
  });

  it.each([
    ["empty chains", { arptables: "Chain INPUT (policy ACCEPT)\nChain OUTPUT (policy ACCEPT)\n" }],
    [
      "a tunnel device, which never has ARP",
      { links: "4: tunl0@NONE: <NOARP,UP,LOWER_UP> mtu 1480 \\    link/ipip 0.0.0.0 brd 0.0.0.0\n" },
    ],
    ["values of 0", { sysctls: "0\n0\n" }],
  ])("%s does not", (_what, given) => {
    expect(readServerLook(answers(given)).quietened).toBe(false);
  });

  it("the digest differs where something was changed, and not by counters", () => {
    const digest = (given: Record<string, string>): string =>
      readServerLook(answers({ ipvs: "-A", table: "1", counts: "1", files: "a", ...given })).digest;
    expect(digest({ table: "2", counts: "9" })).toBe(digest({}));
    expect(digest({ files: "b" })).not.toBe(digest({}));
    expect(digest({ ipvs: "" })).not.toBe(digest({}));
  });

  it("the client's entries are by server, where one is known", () => {
    const text = `${VIP} dev eth0 lladdr ${macOn(dr, "server2")} STALE\n172.25.254.1 dev eth0 lladdr 02:00:00:00:00:01 REACHABLE\n172.25.254.9 dev eth0 FAILED\n`;
    expect(readClientLook(dr, answers({ entries: text })).entries).toEqual({
      [VIP]: "server2",
      "172.25.254.1": "02:00:00:00:00:01",
    });
  });
});

describe("the ARP problem", () => {
  it.each([
    ["no entry", {}, "open"],
    ["an entry that names the director", { [VIP]: "server1" }, "open"],
    ["an entry that names a real server", { [VIP]: "server3" }, "reached"],
    ["another address's entry", { "172.25.254.12": "server2" }, "open"],
  ])("%s", (_what, entries, state) => {
    expect(seen(dr, "arp-problem", {}, entries as Record<string, string>).state).toBe(state);
  });

  it("under keepalived a standby that answers is no real server", () => {
    expect(seen(ha, "arp-problem", {}, { [VIP]: "server4" }).state).toBe("open");
    expect(seen(ha, "arp-problem", {}, { [VIP]: "server2" }).state).toBe("reached");
  });
});

describe("ipvsadm alone", () => {
  const whole = table(`${VIP}:80`, "172.25.254.12:80", "172.25.254.13:80");
  const serving = { server2: { listening: ports(22, 80) }, server3: { listening: ports(80) } };
  it("a real server in the table that does not serve is the edge", () => {
    expect(seen(dr, "no-health-check", { server1: { table: whole }, ...serving }).state).toBe("open");
    const stopped = seen(dr, "no-health-check", {
      server1: { table: whole },
      ...serving,
      server2: { listening: ports(22) },
    });
    expect(stopped).toMatchObject({ state: "reached", seen: expect.stringContaining("server2") });
  });
  it("one that is out of the table is not", () => {
    const out = table(`${VIP}:80`, "172.25.254.13:80");
    expect(seen(dr, "no-health-check", { server1: { table: out }, ...serving, server2: {} }).state).toBe("open");
  });
  it("one that does not answer says nothing", () => {
    expect(seen(dr, "no-health-check", { server1: { table: whole }, ...serving, server2: undefined }).state).toBe(
      "unseen",
    );
    expect(seen(dr, "no-health-check", { server1: undefined, ...serving }).state).toBe("unseen");
  });
});

describe("a dead real server under keepalived", () => {
  const mail = {
    mail: "Subject: [LVS_DEVEL] Realserver [172.25.254.12]:tcp:80 of virtual server [172.25.254.100]:tcp:80 - DOWN\n",
  };
  const serving = { server3: { listening: ports(80) } };
  const [both, one] = [
    table(`${VIP}:80`, "172.25.254.12:80", "172.25.254.13:80"),
    table(`${VIP}:80`, "172.25.254.13:80"),
  ];
  it.each([
    ["all serve", { server1: { table: both }, server2: { listening: ports(80) } }, "open", /^Every real server serves/],
    ["it is still in the table", { server1: { table: both }, server2: {} }, "open", /still has it/],
    ["it is out, and root has no mail", { server1: { table: one }, server2: {} }, "open", /no mail/],
    ["it is out, and root has a mail of it", { server1: { table: one, ...mail }, server2: {} }, "reached", undefined],
  ])("%s", (_what, servers, state, wrong) => {
    const judgement = seen(ha, "real-server-down", { ...serving, ...servers });
    expect(judgement.state).toBe(state);
    if (wrong) expect(judgement.wrong.join(" ")).toMatch(wrong);
    else expect(judgement.wrong).toEqual([]);
  });
});

describe("the failover", () => {
  const holds = { addresses: address("eth0", `${VIP}/32`) };
  it.each([
    ["the master has the VIP", { server1: holds, server4: {} }, "open"],
    ["nobody has it", { server1: {}, server4: {} }, "open"],
    ["both have it", { server1: holds, server4: holds }, "open"],
    ["the standby has it, and the master is silent", { server1: undefined, server4: holds }, "reached"],
    ["the standby has it, and the master is there", { server1: {}, server4: holds }, "reached"],
    ["the standby is silent", { server1: holds, server4: undefined }, "unseen"],
  ])("%s", (_what, servers, state) => {
    expect(seen(ha, "director-down", servers).state).toBe(state);
  });
});

describe("what a look alone says against a check", () => {
  const vip = { addresses: address("eth0", `${VIP}/32`) };
  it("a server with the VIP on which nothing is set answers for it, and is not asked", () => {
    expect(against(dr, "arp-cure", { server2: vip }, { host: "server2" })).toMatch(/^nothing is set/);
    expect(against(dr, "arp-cure", { server2: { ...vip, sysctls: "1\n" } }, { host: "server2" })).toBeUndefined();
    // It may take packets without the address.
    expect(against(dr, "arp-cure", { server2: {} }, { host: "server2" })).toBeUndefined();
  });
  it("the client has asked itself, the first time", () => {
    expect(against(dr, "arp-owner", {})).toMatch(/has not asked/);
    expect(against(dr, "arp-owner", {}, { entries: { [VIP]: "server2" } })).toMatch(/still names server2/);
    expect(against(dr, "arp-owner", {}, { entries: { [VIP]: "server1" } })).toBeUndefined();
    expect(against(dr, "arp-owner", {}, { before: true })).toBeUndefined();
  });
  it("the client has sent requests itself, the first time", () => {
    expect(against(dr, "balancing", { server1: { counts: counts(0) } })).toMatch(/no requests/);
    expect(against(dr, "balancing", { server1: { counts: counts(10) } })).toBeUndefined();
    expect(against(dr, "balancing", { server1: {} }, { before: true })).toBeUndefined();
  });
});

describe("all steps of a look", () => {
  const steps = stepsOf({ lab: dr, stack: "bare" });
  const result = (id: string, passed: boolean): [string, CheckResult[]] => [
    id,
    [aResult({ id, passed, started: true, seen: "x", hint: "mend it" })],
  ];
  const judge = (
    green: readonly string[],
    { progress = noProgress("bare") as Progress, silent = [] as string[], entries = {} } = {},
  ) =>
    judgeAll(
      steps,
      {
        ...looksOf(dr, Object.fromEntries(silent.map((name) => [name, undefined])), entries),
        results: new Map(steps.map(({ id }) => result(id, green.includes(id)))),
      },
      progress,
    );
  const onServers = ["director-table", "director-vip", "httpd-page", "real-server-vip"];

  it("edges wait for the levels before them, and count once these were reached", () => {
    const entries = { [VIP]: "server2" };
    expect(judge(onServers.slice(1), { entries }).get("arp-problem")).toMatchObject({
      state: "open",
      seen: "it waits for director-table",
    });
    const all = judge(onServers, { entries });
    expect(all.get("arp-problem")?.state).toBe("reached");
    const progress = withLook(noProgress("bare"), judge(onServers), new Date());
    expect(judge([], { entries, progress }).get("arp-problem")?.state).toBe("reached");
  });

  it("what the client sees waits for the levels that hold now", () => {
    const green = [...onServers, "arp-cure", "arp-owner", "balancing"];
    expect(judge(green).get("balancing")?.state).toBe("reached");
    expect(judge(green.filter((id) => id !== "httpd-page")).get("balancing")).toMatchObject({
      state: "open",
      seen: "it waits for httpd-page and 1 more",
    });
  });

  it("a level of a silent server cannot be seen, others can", () => {
    const judged = judge(onServers, { silent: ["server2"] });
    expect(judged.get("httpd-page")).toMatchObject({ state: "unseen", seen: "server2 does not answer" });
    expect(judged.get("director-table")?.state).toBe("reached");
    expect(judged.get("balancing")).toMatchObject({
      state: "unseen",
      seen: expect.stringMatching(/^it waits for httpd-page/),
    });
  });

  it("an open level says what its check says", () => {
    expect(judge([]).get("director-table")).toMatchObject({
      state: "open",
      wrong: [expect.stringMatching(/: x\. mend it$/)],
    });
  });
});
