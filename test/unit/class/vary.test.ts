import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { refuseEqual } from "../../../class/class.ts";
import { drawsOf } from "../../../class/vary/draws.ts";
import { type VaryPart, varyParts } from "../../../class/vary/index.ts";
import { type Exercise, labOf } from "../../../class/vary/lab-of.ts";
import { VaryError } from "../../../class/vary/part.ts";
import {
  byPriority,
  contains,
  effectivePriority,
  electedOf,
  type Lab,
  labNames,
  lowestPriority,
  parseLab,
  portsOfService,
  subnetFor,
  warningsOf,
} from "../../../lab/index.ts";
import { projectRoot } from "../../../provision/paths.ts";
import { labFiles } from "../../generate/lab-files.ts";

const secret = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
const all = Object.keys(varyParts) as VaryPart[];

async function shipped(name: string): Promise<Exercise> {
  const file = join(projectRoot, "labs", `${name}.yaml`);
  const text = await readFile(file, "utf8");
  return { file, text, lab: parseLab(text, file) };
}
const written = (text: string): Exercise => ({ file: "/c/own.yaml", text, lab: parseLab(text, "/c/own.yaml") });
const varied = (exercise: Exercise, id: string, parts: readonly VaryPart[] = all, key: Uint8Array = secret): Lab =>
  labOf(exercise, { id }, { secret: key, parts }).lab;

/** What a lab has beside its VIPs. */
const othersIn = (lab: Lab): string[] => [
  ...lab.networks.flatMap(({ hostAddresses, defaultRoute }) => [
    ...hostAddresses,
    ...(defaultRoute ? [defaultRoute] : []),
  ]),
  ...[lab.client, ...lab.servers].flatMap(({ interfaces }) => interfaces.flatMap(({ addresses }) => addresses)),
];
const vipsIn = (lab: Lab): string[] => lab.services.map(({ vip }) => vip);

/** What must hold between an exercise and a lab that comes from it. */
function compare(exercise: Lab, lab: Lab): void {
  // A VIP: in the old one's subnet, nobody else's, not the exercise's, and one stays one.
  for (const [index, service] of lab.services.entries()) {
    const before = exercise.services[index];
    if (!before) throw new Error("a service is gone");
    expect(contains(subnetFor(exercise, before.vip), service.vip)).toBe(true);
    expect([...othersIn(lab), ...vipsIn(exercise)]).not.toContain(service.vip);
    const same = (one: Lab): boolean[] => one.services.map(({ vip }) => vip === one.services[index]?.vip);
    expect(same(lab)).toEqual(same(exercise));
    // Ports: 53 and 443 stay, others change; weights: 0 and quorums stay.
    for (const [at, port] of portsOfService(before).entries()) {
      if ([53, 443].includes(port)) expect(portsOfService(service)[at]).toBe(port);
      else expect(portsOfService(service)[at]).toBeGreaterThanOrEqual(8000);
    }
    const weights = service.realServers.map(({ weight }) => weight);
    expect(service.realServers.map(({ server }) => server)).toEqual(before.realServers.map(({ server }) => server));
    for (const [at, weight] of weights.entries())
      if (before.realServers[at]?.weight === 0) expect(weight).toBe(0);
      else expect(weight).toBeGreaterThan(0);
    for (const { page, token } of service.realServers) expect(page.trim().endsWith(` ${token}`)).toBe(true);
    expect(new Set(service.realServers.map(({ page }) => page)).size).toBe(
      new Set(before.realServers.map(({ page }) => page)).size,
    );
  }
  // Elections: who is elected, by how much, and what tracked objects move.
  for (const [index, instance] of lab.vrrp.entries()) {
    const before = exercise.vrrp[index];
    if (!before) throw new Error("an instance is gone");
    expect(electedOf(instance)).toBe(electedOf(before));
    expect(instance.id).not.toBe(before.id);
    const steps = (one: typeof instance): number[] => {
      const priorities = byPriority(one).map(({ priority }) => priority);
      return priorities.map((priority) => priority - (priorities[0] ?? 0));
    };
    expect(steps(instance)).toEqual(steps(before));
    const by = (instance.members[0]?.priority ?? 0) - (before.members[0]?.priority ?? 0);
    for (const { server, priority } of instance.members) {
      expect(priority).toBeGreaterThanOrEqual(1);
      expect(priority).toBeLessThanOrEqual(254);
      for (const of of [effectivePriority, lowestPriority]) {
        const [then = 0, now = 0] = [of(before, server), of(instance, server)];
        // One that is cut off at 1 may be so no more.
        if (then > 1) expect(now).toBe(then + by);
        else expect(now).toBeGreaterThanOrEqual(1);
      }
    }
  }
  expect(new Set(lab.vrrp.map(({ id }) => id)).size).toBe(lab.vrrp.length);
  // All else is the exercise's.
  expect({ ...lab.networks }).toEqual({ ...exercise.networks });
  expect(lab.client).toEqual(exercise.client);
  expect(lab.servers).toEqual(exercise.servers);
  expect([lab.name, lab.setup, lab.control]).toEqual([exercise.name, exercise.setup, exercise.control]);
}

describe("values", () => {
  it("come by the documented derivation, which never changes", () => {
    // By another program: `printf 'lvs-lab class 1\0port\0alice\00080\0000' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0001…1f`,
    // 9d91da9ec4825417…, and so on.
    const draws = drawsOf(secret, "port", "alice");
    expect(draws.number("80", 1000)).toBe(Number(0x9d91da9ec4825417n % 1000n));
    expect(draws.number("80", 1000, 1)).toBe(Number(0xeb6f8e442dfca392n % 1000n));
    expect([draws.number("80", 1000), draws.number("80", 1000, 1)]).toEqual([551, 762]);
    expect(drawsOf(secret, "vip", "bob").number("172.25.254.100", 253)).toBe(81);
    expect(drawsOf(secret, "token", "alice").text("page", 13)).toBe("wyvzan8sm74rv");
  });

  it("of a student are the same at every look, whatever the case of the id, and others with another secret", async () => {
    const exercise = await shipped("bare-ha");
    expect(varied(exercise, "Alice")).toEqual(varied(exercise, "alice"));
    expect(varied(exercise, "alice")).not.toEqual(varied(exercise, "alice", all, Buffer.alloc(32)));
    const { services, vrrp } = varied(exercise, "alice");
    expect({ services, vrrp }).toMatchObject({
      services: [{ vip: "172.25.254.223", port: 8551, realServers: [{ page: "server2 wyvzan8sm74rv\n" }, {}] }],
      vrrp: [{ id: expect.any(Number), members: [{ server: "server1" }, { server: "server4" }] }],
    });
  });

  it("do not depend on the other students, nor on which other parts vary", async () => {
    const exercise = await shipped("bare-ha");
    const whole = varied(exercise, "bob");
    const vipAlone = varied(exercise, "bob", ["vip", "token"]);
    expect(vipsIn(vipAlone)).toEqual(vipsIn(whole));
    expect(vipAlone.services[0]?.port).toBe(80);
    expect(vipAlone.vrrp[0]?.id).toBe(51);
    expect(vipAlone.services[0]?.realServers[0]?.token).toBe(whole.services[0]?.realServers[0]?.token);
  });
});

describe("labs of a class", () => {
  it.each(labNames())("%s varies in all parts for a dozen students, by all rules of lab files", async (name) => {
    const exercise = await shipped(name);
    const members = Array.from({ length: 12 }, (_, index) => ({
      id: `student${index}`,
      lab: varied(exercise, `student${index}`),
    }));
    for (const { lab } of members) compare(exercise.lab, lab);
    expect(() => refuseEqual(members)).not.toThrow();
    // Nobody is warned of what the exercise does not do itself.
    for (const { lab } of members) expect(warningsOf(lab).length).toBe(warningsOf(exercise.lab).length);
    for (const of of [(lab: Lab) => vipsIn(lab).join(), (lab: Lab) => lab.services[0]?.realServers[0]?.token])
      expect(new Set(members.map(({ lab }) => of(lab))).size).toBeGreaterThan(6);
  });

  it("come from lab files of every kind", () => {
    let left = 0;
    for (const [index, file] of fc.sample(labFiles, { seed: 2, numRuns: 60 }).entries()) {
      const exercise = written(stringify(file));
      try {
        compare(exercise.lab, varied(exercise, `s${index}`));
      } catch (error) {
        // An exercise may leave no room: then it is said which part, and what to do.
        if (!(error instanceof VaryError)) throw error;
        expect(error.message).toMatch(/^vary: .*\. Fix: /s);
        left += 1;
      }
    }
    expect(left).toBeLessThan(20);
  });

  it("name a VIP in its new form also in commands, and not what only looks like it", async () => {
    const { text } = await shipped("ha");
    const exercise = written(
      text.replace(
        /healthCheck:[\s\S]*?(?=\n\S)/,
        `healthCheck: { type: misc, command: "/usr/bin/test 172.25.254.100 -a 172.25.254.1001 -a 1.172.25.254.100 -a http://172.25.254.100:80/ -a 172.25.254.12" }\n`,
      ),
    );
    const lab = varied(exercise, "alice", ["vip", "token"]);
    const [vip] = vipsIn(lab);
    expect(lab.services[0]?.healthCheck).toMatchObject({
      command: [
        "/usr/bin/test",
        vip,
        "-a",
        "172.25.254.1001",
        "-a",
        "1.172.25.254.100",
        "-a",
        `http://${vip}:80/`,
        "-a",
        "172.25.254.12",
      ],
    });
  });

  it("keep what two places of the file share by an alias apart", () => {
    const exercise = written(`control: ipvsadm
networks: [{ subnets: [172.25.254.0/24] }]
services:
  - { vip: 172.25.254.100, scheduler: wrr, realServers: &all [{ server: server2, weight: 1 }, { server: server3, weight: 2 }] }
  - { vip: 172.25.254.101, scheduler: wrr, realServers: *all }
servers:
  - { name: server1, addresses: [172.25.254.11], role: director }
  - { name: server2, addresses: [172.25.254.12], role: real-server }
  - { name: server3, addresses: [172.25.254.13], role: real-server }
`);
    const seen = Array.from({ length: 20 }, (_, index) => {
      const [one, other] = varied(exercise, `s${index}`, ["weights", "token"]).services.map(({ realServers }) =>
        realServers.map(({ weight }) => weight).join(),
      );
      return one === other;
    });
    expect(seen).toContain(false);
  });

  it("are refused where an exercise leaves no other value, with the part and what to do", () => {
    const small = (vips: string, more = "") =>
      written(`control: ipvsadm
networks: [{ subnets: [172.25.254.0/29] }]
client: { addresses: [172.25.254.6] }
services: [${vips}]
servers:
  - { name: server1, addresses: [172.25.254.2], role: director }
  - { name: server2, addresses: [172.25.254.3], role: real-server }
${more}`);
    const one = "{ vip: 172.25.254.4 }";
    // .1 is the lab host's, .5 is left.
    expect(vipsIn(varied(small(one), "a", ["vip", "token"]))).toEqual(["172.25.254.5"]);
    expect(vipsIn(varied(small(one), "b", ["vip", "token"]))).toEqual(["172.25.254.5"]);
    expect(() => varied(small(`${one}, { vip: 172.25.254.5 }`), "a", ["vip", "token"])).toThrow(
      /^vary: vip: all addresses of 172\.25\.254\.0\/29 are taken\. Fix: give the exercise a larger subnet, or leave vip out$/,
    );
  });

  it("with equal values are refused: a token of 60 bits makes them next to impossible, so it is said", async () => {
    const exercise = await shipped("bare");
    const lab = varied(exercise, "alice");
    expect(() =>
      refuseEqual([
        { id: "alice", lab },
        { id: "bob", lab },
      ]),
    ).toThrow(/^alice and bob have the same values: 172\.25\.254\.\d+:8\d\d\d \w{13}\. Fix: /);
  });
});
