import { beforeEach, describe, expect, it } from "vitest";
import { noProgress, withLook } from "../../../../class/guide/progress.ts";
import { stepsOf } from "../../../../class/guide/steps/index.ts";
import { Looker, type Reach } from "../../../../cli/guide/looker.ts";
import { type Lab, readLab } from "../../../../lab/index.ts";
import { address, answers, counts, macOn } from "../../class/guide/looks.ts";
import { aLiveLab } from "../../verify/a-live-lab.ts";
import { aResult } from "../../verify/a-result.ts";

const lab: Lab = await readLab("labs/bare.yaml");
const steps = stepsOf({ lab, stack: "bare" });
const VIP = "172.25.254.100";

let servers: Record<string, Record<string, string> | "silent">;
let entries: string;
let passing: Set<string>;
let ran: string[];
let asked: string[];
let now: number;
beforeEach(() => {
  servers = { server1: {}, server2: {}, server3: {} };
  [entries, passing, ran, asked, now] = ["", new Set(), [], [], 0];
});

const reach: Reach = {
  server: async (name) => {
    asked.push(name);
    const given = servers[name];
    if (given === "silent" || given === undefined) throw new Error("no route to host");
    return answers(given);
  },
  client: async () => answers({ entries }),
  hangUp: async () => {},
  now: () => now,
  run: async (_live, check, subject) => {
    ran.push(`${check.id}@${subject.host}`);
    return aResult({
      id: check.id,
      host: subject.host,
      subject: subject.host,
      passed: passing.has(check.id),
      started: passing.has(check.id) || check.id === "mail",
    });
  },
};
const looker = async (): Promise<Looker> => new Looker(await aLiveLab("bare"), steps, { reach });
const onServers = ["director-table", "director-vip", "httpd-page", "real-server-vip", "arp-cure"];

describe("looks cost little", () => {
  it("one question a server and look; checks run when what was found differs, and what is open again after a time", async () => {
    const one = await looker();
    await one.look(noProgress("bare"));
    expect(asked.toSorted()).toEqual(["server1", "server2", "server3"]);
    expect(new Set(ran.map((name) => name.split("@")[0]))).toEqual(new Set(onServers));
    ran = [];
    await one.look(noProgress("bare"));
    expect(ran).toEqual([]);
    servers.server2 = { files: "/var/www/html/index.html 8 1\n" };
    await one.look(noProgress("bare"));
    expect(ran.filter((name) => name.endsWith("@server1"))).toEqual([]);
    expect(ran).toContain("httpd-page@server2");
    ran = [];
    now = 30_000;
    await one.look(noProgress("bare"));
    expect(ran).toContain("director-table@server1");
  });

  it("what passed is not run again while nothing has changed", async () => {
    passing = new Set(onServers);
    const one = await looker();
    await one.look(noProgress("bare"));
    [ran, now] = [[], 1_000_000];
    await one.look(noProgress("bare"));
    expect(ran).toEqual([]);
  });

  it("what the look alone tells is told without the check, which sends packets", async () => {
    servers.server2 = { addresses: address("eth0", `${VIP}/32`) };
    const judged = await (await looker()).look(noProgress("bare"));
    expect(ran).not.toContain("arp-cure@server2");
    expect(ran).toContain("arp-cure@server3");
    expect(judged.get("arp-cure")?.wrong.join(" ")).toContain("server2: nothing is set that keeps it from answering");
  });
});

describe("the client's checks", () => {
  beforeEach(() => {
    passing = new Set([...onServers, "arp-owner", "balancing"]);
  });

  it("run only once the servers are done and the student has looked for themselves", async () => {
    const one = await looker();
    await one.look(noProgress("bare"));
    expect(ran.filter((name) => name.endsWith("@client"))).toEqual([]);
    entries = `${VIP} dev eth0 lladdr ${macOn(lab, "server1")} REACHABLE\n`;
    expect((await one.look(noProgress("bare"))).get("arp-owner")?.state).toBe("reached");
    expect(ran.filter((name) => name.endsWith("@client"))).toEqual(["arp-owner@client"]);
    servers.server1 = { counts: counts(10) };
    const judged = await one.look(noProgress("bare"));
    expect(judged.get("balancing")?.state).toBe("reached");
  });

  it("run without that once they were reached before", async () => {
    const before = withLook(
      noProgress("bare"),
      new Map(["arp-owner", "balancing"].map((id) => [id, { state: "reached", seen: "", wrong: [] }] as const)),
      new Date(),
    );
    const judged = await (await looker()).look(before);
    expect([judged.get("arp-owner")?.state, judged.get("balancing")?.state]).toEqual(["reached", "reached"]);
  });
});

it("a silent server leaves the others' marks, and its checks do not run", async () => {
  passing = new Set(onServers);
  servers.server2 = "silent";
  const judged = await (await looker()).look(noProgress("bare"));
  expect(judged.get("director-table")?.state).toBe("reached");
  expect(judged.get("httpd-page")).toMatchObject({ state: "unseen", seen: "server2 does not answer" });
  expect(ran.filter((name) => /@server2/.test(name))).toEqual([]);
});
