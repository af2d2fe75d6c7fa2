import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect } from "vitest";
import { $ } from "zx";
import { clientAddress, promisedOutage, toIp } from "../../lab/index.ts";
import { labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { projectRoot } from "../../provision/paths.ts";
import { RunClock } from "../../verify/live/clock.ts";
import { outageOf } from "../../verify/probe/index.ts";
import {
  Capture,
  type CaptureResult,
  diagnose,
  outageFromWire,
  vipOwners,
  vrrpStates,
} from "../../verify/wire/index.ts";
import type { Diagnosis } from "../../verify/wire/records.ts";
import { end, run } from "./hosts.ts";
import { BRIDGE, it, server1, server2, server4, textbook, wireLab } from "./wire.ts";

const { lab, service, instance } = textbook;
const { vip } = service;

describe.concurrent("the wire", () => {
  const ids = (diagnoses: readonly Diagnosis[]) => diagnoses.map(({ id }) => id);
  const say = (diagnoses: readonly Diagnosis[]) =>
    console.info(diagnoses.map(({ title, because }) => [title, ...because].join("\n    ")).join("\n"));
  const found = (result: CaptureResult): Diagnosis[] => {
    const diagnoses = diagnose(result, lab, service);
    say(diagnoses);
    return diagnoses;
  };

  it("shows a quiet lab as one in which nothing happens, as tcpdump itself reads it", async ({ wire: { capture } }) => {
    await delay(3000);
    const result = await capture.stop();
    expect(found(result)).toEqual([]);
    expect(result.info.dropped).toBe(0);
    expect(result.info.clockErrorMs).toBeLessThan(5);
    const { stdout } = await $({ quiet: true })`tcpdump -nn -tt -r ${result.info.file} vrrp`;
    const read = stdout
      .trim()
      .split("\n")
      .map((line) => /IP (\S+) > 224.0.0.18: VRRPv2, Advertisement, vrid (\d+), prio (\d+),/.exec(line)?.slice(1));
    expect(result.adverts.map((one) => [one.source, `${one.virtualRouterId}`, `${one.priority}`])).toEqual(read);
    for (const advert of result.adverts)
      expect(advert).toMatchObject({ mac: server1.mac.toLowerCase(), addresses: [vip], password: "1111", version: 2 });
    const all = await $({ quiet: true })`tcpdump --count -r ${result.info.file}`;
    expect(all.stdout.trim()).toBe(`${result.info.packets} packets`);
    expect(vrrpStates(result, lab, instance)).toEqual([
      { server: "server1", state: "MASTER", from: result.from, to: result.to },
      { server: "server4", state: "BACKUP", from: result.from, to: result.to },
    ]);
    expect(vipOwners(result, lab, instance).map(({ server }) => server)).toEqual(["server1"]);
  });

  it("stamps what it sees on the clock on which the probe asks", async ({ wire: { capture, probe } }) => {
    await delay(1000);
    const { requests } = await probe.stop();
    const { handshakes, info } = await capture.stop();
    const late = handshakes.map(({ syn }) => {
      const asked = requests.findLast(({ started }) => started <= syn + info.clockErrorMs);
      return syn - (asked?.started ?? Number.NaN);
    });
    expect(handshakes.length).toBeGreaterThan(90);
    late.sort((one, other) => one - other);
    const median = late[late.length >> 1] ?? Number.NaN;
    console.info(
      `from a request's start to its SYN on the wire: ${median.toFixed(3)} ms (median), clock ± ${info.clockErrorMs} ms`,
    );
    expect(median).toBeLessThan(5);
    expect(median).toBeGreaterThan(-info.clockErrorMs);
  });

  it("names a master that stops in order, and one that comes back and preempts", async ({
    wire: { directors, capture, reigns },
  }) => {
    await directors.server1.keepalived.stop();
    await reigns(server4.address);
    await directors.server1.keepalived.start(server1);
    await reigns(server1.address);
    const diagnoses = found(await capture.stop());
    expect(ids(diagnoses)).toEqual(["clean-handover", "preemption"]);
    const [handover, preemption] = diagnoses as [Diagnosis, Diagnosis];
    expect(handover.who).toEqual(["server1", "server4"]);
    expect((handover.to ?? 0) - handover.from).toBeGreaterThan(800); // its skew: 805 ms
    expect((handover.to ?? 0) - handover.from).toBeLessThan(1300);
    expect(preemption.because.join()).toContain("started anew");
  });

  it("names a crash, and shows the outage that the client saw", async ({
    wire: { clock, segment, directors, capture, probe, reigns },
  }) => {
    await delay(500);
    const down = clock.now();
    await run(segment, "ip", "link", "set", server1.name, "down");
    await directors.server1.keepalived.kill();
    await reigns(server4.address);
    await delay(1500);
    const { requests } = await probe.stop();
    const result = await capture.stop();

    const diagnoses = found(result);
    expect(ids(diagnoses)).toEqual(["master-crash"]);
    const [{ from, to }] = diagnoses as [Diagnosis];
    expect((to ?? 0) - from).toBeGreaterThan(3800); // 3 × 1000 ms + skew 805 ms
    expect((to ?? 0) - from).toBeLessThan(4300);
    expect(vrrpStates(result, lab, instance).map(({ server, state }) => `${server} ${state}`)).toEqual([
      ...["server1 MASTER", "server1 silent"],
      ...["server4 BACKUP", "server4 MASTER"],
    ]);
    expect(vipOwners(result, lab, instance).map(({ server }) => server)).toEqual(["server1", "server4"]);

    const byProbe = outageOf(requests, { since: down }).longest;
    const byWire = outageFromWire(result, { since: down }).longest;
    console.info(
      `outage by the probe ${byProbe?.ms} ms ± ${byProbe?.errorMs}, from the wire ${byWire?.ms} ms ± ${byWire?.errorMs}`,
    );
    expect(byProbe?.ms).toBeGreaterThan(2700);
    expect(Math.abs((byProbe?.ms ?? 0) - (byWire?.ms ?? 0))).toBeLessThan(30);
  });

  const quick = wireLab({ version: 3, advertInterval: 0.1 });
  it.extend("vrrp", quick.instance)(
    "hears VRRPv3 at a tenth of a second, and an outage as short as it promises",
    async ({ wire: { clock, segment, directors, capture, probe, reigns } }) => {
      await reigns(server1.address, 10);
      const down = clock.now();
      await run(segment, "ip", "link", "set", server1.name, "down");
      await directors.server1.keepalived.kill();
      await reigns(server4.address, 10);
      await delay(500);
      const { requests } = await probe.stop();
      const result = await capture.stop();

      expect(result.adverts.every(({ version, intervalMs }) => version === 3 && intervalMs === 100)).toBe(true);
      const { crash } = promisedOutage({ ...quick.instance, priority: server4.priority }); // 280 to 380 ms
      const byProbe = outageOf(requests, { since: down }).longest;
      console.info(`outage by the probe ${byProbe?.ms} ms ± ${byProbe?.errorMs}, promised up to ${crash.maximum} ms`);
      expect((byProbe?.ms ?? 0) + (byProbe?.errorMs ?? 0)).toBeGreaterThanOrEqual(crash.minimum);
      expect(byProbe?.ms).toBeLessThan(crash.maximum + 500);
      const diagnoses = diagnose(result, quick.lab, quick.service);
      expect(ids(diagnoses)).toEqual(["master-crash"]);
      expect(diagnoses[0]?.because.join()).toContain("3 × 100 ms");
    },
  );

  it("names two masters that do not hear each other", async ({ wire: { clock, segment, capture, until, reigns } }) => {
    const apart = async (state: "on" | "off") => {
      for (const { name } of [server1, server4])
        await run(segment, "bridge", "link", "set", "dev", name, "isolated", state);
    };
    const begun = clock.now();
    await apart("on");
    await until("server4 as master", 10, ({ adverts }) => adverts.at(-1)?.source === server4.address);
    await delay(5000);
    await apart("off");
    const ended = clock.now();
    await reigns(server1.address);
    const diagnoses = found(await capture.stop());
    expect(ids(diagnoses)).toEqual(["split-brain"]);
    const [{ who, from, to }] = diagnoses as [Diagnosis];
    expect(who).toEqual(["server1", "server4"]);
    expect((to ?? 0) - from).toBeGreaterThan(3900);
    expect(from).toBeGreaterThan(begun);
    expect((to ?? 0) - ended).toBeLessThan(2000);
  });

  it("names a director that stood still and did not know it", async ({ wire: { directors, capture, reigns } }) => {
    directors.server1.keepalived.signal("SIGSTOP");
    await reigns(server4.address);
    directors.server1.keepalived.signal("SIGCONT");
    await reigns(server1.address);
    await delay(1000);
    const diagnoses = found(await capture.stop());
    expect(ids(diagnoses)).toEqual(["frozen-director"]);
    expect(diagnoses[0]?.because.join()).toContain("the very next");
  });

  it("does not take a director whose link was down for one that stood still", async ({
    wire: { segment, capture, reigns },
  }) => {
    await run(segment, "ip", "link", "set", server1.name, "down");
    await reigns(server4.address);
    await run(segment, "ip", "link", "set", server1.name, "up");
    await reigns(server1.address);
    const diagnoses = found(await capture.stop());
    expect(ids(diagnoses)).toEqual(["master-crash", "preemption"]);
    expect(diagnoses[0]?.because.join()).toContain("its link was down");
  });

  it("names a router that is none of the lab's", async ({ wire: { joinRouter, capture, reigns } }) => {
    const rogue = await joinRouter({ name: "rogue", address: toIp("10.98.0.66"), mac: "52:54:00:66:66:66" });
    await rogue.keepalived.start({ state: "BACKUP", priority: 200 });
    await reigns("10.98.0.66");
    await rogue.keepalived.stop();
    await reigns(server1.address);
    const diagnoses = found(await capture.stop());
    expect(ids(diagnoses)).toEqual(["rogue-router"]);
    expect(diagnoses[0]?.title).toContain("10.98.0.66 (52:54:00:66:66:66)");
    expect(diagnoses[0]?.title).toContain("priority 200");
  });

  it("names the director whose password is another, beside the split brain that it makes", async ({
    wire: { directors, capture, until, reigns },
  }) => {
    await directors.server4.keepalived.stop();
    await directors.server4.keepalived.start(server4, { password: "2222" });
    await until("server4 as master", 10, ({ adverts }) => adverts.at(-1)?.source === server4.address);
    await delay(3500);
    await directors.server4.keepalived.stop();
    await directors.server4.keepalived.start(server4);
    await reigns(server1.address, 2);
    const diagnoses = found(await capture.stop());
    expect(ids(diagnoses).sort()).toEqual(["split-brain", "wrong-password"]);
    const wrong = diagnoses.find(({ id }) => id === "wrong-password");
    expect(wrong?.who).toEqual(["server4"]);
    expect(wrong?.title).toContain('"2222"');
  });

  it("names the time without a master", async ({ wire: { directors, capture, reigns } }) => {
    await directors.server4.keepalived.stop();
    await directors.server1.keepalived.stop();
    await delay(3000);
    await directors.server1.keepalived.start(server1);
    await directors.server4.keepalived.start(server4);
    await reigns(server1.address, 2);
    const diagnoses = found(await capture.stop());
    expect(ids(diagnoses).filter((id) => id !== "preemption")).toEqual(["no-master"]);
    expect(diagnoses[0]?.because.join()).toContain("priority 0");
  });

  it("names a real server that answers ARP for the VIP", async ({ wire: { client, joinSegment, capture } }) => {
    const real = await joinSegment(server2);
    await run(real, "ip", "address", "add", `${vip}/32`, "dev", "lo");
    await run(client, "ip", "neigh", "flush", "dev", "eth0");
    await delay(2500);
    await run(real, "ip", "address", "del", `${vip}/32`, "dev", "lo");
    await run(client, "ip", "neigh", "flush", "dev", "eth0");
    await delay(500);
    const diagnoses = found(await capture.stop());
    expect(ids(diagnoses)).toEqual(["arp-conflict"]);
    expect([...(diagnoses[0]?.who ?? [])].sort()).toEqual(["server1", "server2"]);
  });

  it("ends with the process that started it, however that ends, and though the wire is silent", async ({
    expect,
    segment,
  }) => {
    await run(segment, "ip", "link", "add", "silent0", "type", "bridge");
    await run(segment, "ip", "link", "set", "silent0", "up");
    const script = `
      const { Capture } = await import("./verify/wire/index.ts");
      const { RunClock } = await import("./verify/live/clock.ts");
      const { spawn } = await import("node:child_process");
      const [file, ...args] = ${JSON.stringify(segment.inside([]))};
      const env = ${JSON.stringify(labEnvironment())};
      const place = { spawn: (_at, command, { direct, ...options }) => spawn(file, [...args, ...command], { ...options, env }) };
      const options = ${JSON.stringify({ service, client: clientAddress(lab), file: "/dev/null", link: "silent0" })};
      await Capture.start(place, { clock: new RunClock(), ...options });
      console.log("listening");`;
    const parent = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      cwd: projectRoot,
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(parent.stdout, "data");
    expect(listenersOn("silent0")).toHaveLength(1);
    await end(parent);
    await expect.poll(() => listenersOn("silent0"), { timeout: 3000 }).toEqual([]);
  });

  it("says why it cannot listen", async ({ directory, segment }) => {
    const at = { clock: new RunClock(), service, client: clientAddress(lab) };
    const file = join(directory, "no.pcap");
    await expect(Capture.start(segment, { ...at, file, link: "nolink0" })).rejects.toThrow(
      /the capture on nolink0 did not stay up.*No such device/s,
    );
    await expect(Capture.start(segment, { ...at, file: join(directory, "no/no.pcap"), link: BRIDGE })).rejects.toThrow(
      "ENOENT",
    );
  });
});

/** PIDs of tcpdump processes on a link. */
const listenersOn = (link: string): string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return words[0] === "tcpdump" && words.includes(link);
      } catch {
        return false; // it has ended meanwhile
      }
    });
