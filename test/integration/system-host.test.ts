import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { runOnHost, tryOnHost } from "../../provision/host/command.ts";
import { SEGMENT } from "../../provision/host/reach.ts";
import { systemDomain } from "../../provision/host/system/domain.ts";
import { machineLibvirt, type Virsh } from "../../provision/host/system/machine-libvirt.ts";
import { mustBeFree, said, whoseDomain } from "../../provision/host/system/marked.ts";
import { type End, systemNames } from "../../provision/host/system/names.ts";
import { isOnSystem, SystemHost } from "../../provision/host/system/system-host.ts";
import { domainOf, domainState, serversIn, virsh } from "../../provision/host/virsh.ts";
import { scratchDirectory } from "../scratch.ts";
import { aMachineLibvirt } from "./a-machine-libvirt.ts";

/** A lab host on a libvirtd that plays the machine's: its cables carry real frames, between two bridges of the lab; no guest runs. */
const packages = { "debian-12": "/nowhere/pool" };
const cables = [
  { mac: "52:54:00:FE:FE:0B", bridge: "br0" },
  { mac: "52:54:00:FE:FE:0C", bridge: "br1" },
] as const;

let scratch: string;
let machine: Awaited<ReturnType<typeof aMachineLibvirt>>;
let host: SystemHost;
const names = () => systemNames(join(scratch, "ha"));
let machineVirsh: Virsh;
const onMachine = (...words: string[]) => said(machineVirsh, ...words);

/** Both servers' ends of the cables, in the place of two QEMUs that are joined back to back: what comes out of one goes into the other. */
async function backToBack(): Promise<{ seen: () => number; pause(): void }> {
  let count = 0;
  let running = true;
  const ends = cables.map(({ mac }) => names().cable(mac));
  const sockets = await Promise.all(ends.map(async ({ server }) => await bound(server)));
  for (const [index, socket] of sockets.entries())
    socket.on("message", (frame) => {
      count++;
      const { lab } = ends[1 - index] as (typeof ends)[number];
      if (running) sockets[1 - index]?.send(frame, lab.port, lab.address);
    });
  onTestFinished(() => {
    for (const socket of sockets) socket.close();
  });
  return {
    seen: () => count,
    pause: () => {
      running = false;
    },
  };
}

async function bound({ address, port }: End): Promise<Socket> {
  const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 22 });
  socket.bind(port, address);
  await once(socket, "listening");
  return socket;
}

const segment = (script: string) => runOnHost(host, SEGMENT, ["bash", "-ec", script]);
const ping = (...options: string[]) => tryOnHost(host, "left", ["ping", "-q", ...options, "10.97.0.2"]);

beforeAll(async () => {
  scratch = await scratchDirectory("lvs-system-");
  machine = await aMachineLibvirt(scratch);
  machineVirsh = await machineLibvirt({ sockets: machine.sockets });
  host = new SystemHost(join(scratch, "ha"), machine.sockets);
  await host.start({ packages, cables });
  await segment(
    "for one in br0 br1; do ip link add $one type bridge stp_state 1 forward_delay 200; ip link set $one up; done",
  );
  await host.attach("left", { bridge: "br0", address: "10.97.0.1/24" });
  await host.attach("right", { bridge: "br1", address: "10.97.0.2/24" });
});
afterAll(async () => {
  await host?.destroy();
  await machine?.end();
  await rm(scratch, { recursive: true });
});

describe("a lab host on the machine's libvirt", () => {
  it("is started, seen with its cables, and known without Pulumi", async () => {
    expect(await host.observe()).toMatchObject({ cables, packages });
    expect(isOnSystem(host.directory)).toBe(true);
    expect(await host.guests()).toEqual([]);
    const { generation } = (await host.observe()) ?? {};
    await host.start({ packages, cables });
    expect((await host.observe())?.generation).toBe(generation);
  });

  it("joins servers to bridges: frames of any size pass, and a burst loses none", async () => {
    const { seen } = await backToBack();
    await expect.poll(async () => (await ping("-c", "1", "-W", "1")).status).toBe(0);
    expect((await ping("-c", "3", "-W", "2", "-s", "1472", "-M", "do")).stdout).toContain(" 0% packet loss");
    await segment("for one in lvsfefe0b lvsfefe0c br0 br1 left right; do ip link set $one mtu 9000; done");
    for (const one of ["left", "right"]) await runOnHost(host, one, ["ip", "link", "set", "eth0", "mtu", "9000"]);
    expect((await ping("-c", "3", "-W", "2", "-s", "8972", "-M", "do")).stdout).toContain(" 0% packet loss");
    const before = seen();
    expect((await ping("-c", "400", "-l", "400", "-i", "0", "-W", "5", "-s", "1400")).stdout).toContain("400 received");
    expect(seen() - before).toBeGreaterThanOrEqual(800);
  });

  it("takes a frame from its server's end alone", async () => {
    const forged = Buffer.concat([Buffer.from("ffffffffffff52540000000188b5", "hex"), Buffer.alloc(60, 7)]);
    const received = async () =>
      Number(
        await segment(
          "ip -json -stats link show lvsfefe0b | grep -o '\"rx\":{[^}]*' | grep -o 'packets\":[0-9]*' | cut -d : -f 2",
        ),
      );
    const { lab, server } = names().cable(cables[0].mac);
    const [own, other] = [await bound(server), await bound({ address: lab.address, port: lab.port + 100 })];
    onTestFinished(() => {
      own.close();
      other.close();
    });
    const before = await received();
    for (let count = 0; count < 20; count++) other.send(forged, lab.port, lab.address);
    own.send(forged, lab.port, lab.address);
    await expect.poll(received).toBeGreaterThan(before);
    await sleep(200);
    expect((await received()) - before).toBe(1);
  });

  it("makes a cable anew that was killed, and one more without touching the others", async () => {
    await backToBack();
    const first = () => segment("pgrep -fo 'cables.pl'");
    const before = await first();
    await segment("kill -KILL $(pgrep -P $(pgrep -fo 'cables.pl') | head -n 1)");
    await expect.poll(async () => (await ping("-c", "1", "-W", "1")).status).toBe(0);
    expect(await first()).toBe(before);
    const index = () => segment("cat /proc/net/dev | grep -c lvsfefe || true");
    await segment("kill -KILL $(pgrep -fo 'cables.pl')");
    await expect.poll(async () => (await ping("-c", "1", "-W", "1")).status).toBe(0);
    expect(await first()).not.toBe(before);
    const children = () => segment("pgrep -P $(pgrep -fo 'cables.pl') | sort");
    const two = (await children()).trim().split("\n");
    await host.start({ packages, cables: [...cables, { mac: "52:54:00:FE:FE:0D", bridge: "br0" }] });
    expect((await children()).trim().split("\n")).toEqual(expect.arrayContaining(two));
    expect((await index()).trim()).toBe("3");
    await host.start({ packages, cables });
    await expect.poll(async () => (await index()).trim()).toBe("2");
  });

  it("says which address a cable cannot have", async () => {
    const cable = { mac: "52:54:00:FE:FE:0E", bridge: "br0" };
    const { lab } = names().cable(cable.mac);
    const taken = await bound(lab);
    try {
      await expect(host.start({ packages, cables: [...cables, cable] })).rejects.toThrow(
        new RegExp(`UDP port ${lab.port} of ${lab.address}: Address already in use.*Fix: `, "s"),
      );
    } finally {
      taken.close();
    }
    await host.start({ packages, cables });
  });

  /** A domain, which is not started. */
  async function define(name: string, metadata = ""): Promise<void> {
    const file = join(scratch, "sockets", `${name}.xml`);
    await writeFile(
      file,
      `<domain type="qemu"><name>${name}</name>${metadata}<memory>65536</memory><os><type arch="x86_64" machine="q35">hvm</type></os></domain>`,
    );
    await onMachine("define", file);
  }

  it("knows its servers by their mark, and touches nothing else", async () => {
    const [, mark = ""] =
      /(<metadata>.*<\/metadata>)/s.exec(systemDomain(host.directory, "server1", []).templates) ?? [];
    await define("lvs-lab-ha-server1", mark);
    await define("lvs-lab-ha-server2");
    await define("lvs-lab-ha-server3", mark.replace(names().id, "0123456789abcdef"));
    await define("theirs");
    expect(await serversIn(host)).toEqual(["server1"]);
    expect(await domainState(host, "server1")).toBe("shut off");
    expect(await domainState(host, "server9")).toBeUndefined();
    for (const server of ["server2", "server3"])
      await expect(domainOf(host, server)).rejects.toThrow(/somebody else's.*Fix: /s);
    await mustBeFree(machineVirsh, names(), ["server1", "server4"]);
    await expect(mustBeFree(machineVirsh, names(), ["server1", "server2"])).rejects.toThrow(
      /domain lvs-lab-ha-server2 that is not this lab's.*Fix: /s,
    );
    await onMachine("pool-define-as", names().pool, "dir", "--target", "/srv");
    await expect(mustBeFree(machineVirsh, names(), ["server4"])).rejects.toThrow(/storage pool lvs-lab-ha .*Fix: /s);
    expect((await virsh(host, "list", "--all", "--name")).trim().split("\n").length).toBe(4);
  });

  it("is destroyed with its servers and its pool alone", async () => {
    await onMachine("pool-undefine", names().pool);
    await onMachine("pool-define-as", names().pool, "dir", "--target", names().poolPath);
    for (const verb of ["pool-build", "pool-start"]) await onMachine(verb, names().pool);
    await onMachine("vol-create-as", names().pool, "server1.qcow2", "1M");
    await host.destroy();
    expect(existsSync(host.directory)).toBe(false);
    expect((await onMachine("list", "--all", "--name")).trim().split("\n").sort()).toEqual([
      "lvs-lab-ha-server2",
      "lvs-lab-ha-server3",
      "theirs",
    ]);
    expect((await onMachine("pool-list", "--all", "--name")).trim()).toBe("");
    expect(await whoseDomain(machineVirsh, "lvs-lab-ha-server1", names())).toBe("missing");
    await bound(names().cable(cables[0].mac).lab).then((socket) => socket.close()); // nobody has it any more
  });
});

describe("a machine's libvirt that cannot be used", () => {
  it.each([
    ["there is none", async () => {}, /there is no .*Fix: apt-get install libvirt-daemon-system/s],
    [
      "nobody listens",
      async (socket: string) => {
        const server = (await import("node:net")).createServer().listen(socket);
        await once(server, "listening");
        // A killed daemon leaves its socket.
        const { rename } = await import("node:fs/promises");
        await rename(socket, `${socket}.kept`);
        server.close();
        await once(server, "close");
        await rename(`${socket}.kept`, socket);
      },
      /nobody listens at .*Fix: sudo systemctl start libvirtd.socket/s,
    ],
  ])("is refused where %s", async (_, make, message) => {
    const sockets = join(scratch, `none-${Math.random()}`);
    await mkdir(sockets);
    await make(join(sockets, "libvirt-sock"));
    await expect(machineLibvirt({ sockets })).rejects.toThrow(message);
  });
});
