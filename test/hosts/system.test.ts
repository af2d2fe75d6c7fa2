import { existsSync } from "node:fs";
import { copyFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildCloudImage } from "../examples/cloud-image/build.ts";
import { Host } from "./host.ts";
import { difference, type MachineState, machineState } from "./snapshot.ts";

/** A lab's servers on a machine's own libvirt, where others have VMs, a network and a pool. The tests are one story. */
const minutes = 60_000;
const STACK = "small";
const LABS = "/home/alice/.local/state/lvs-lab/labs";
const LAB = `${LABS}/${STACK}`;

/** Two directors and a real server: what a failover takes. */
const labFile = `control: keepalived
networks:
  - subnets: [172.25.254.0/24]
services:
  - { vip: 172.25.254.100, scheduler: rr }
vrrp:
  - members:
      - { server: server1, priority: 100 }
      - { server: server3, priority: 50 }
image: { packages: baked }
servers:
  - { name: server1, addresses: [172.25.254.11], role: director }
  - { name: server2, addresses: [172.25.254.12], role: real-server }
  - { name: server3, addresses: [172.25.254.13], role: director }
`;

const domain = (name: string, devices = ""): string =>
  `<domain type="qemu"><name>${name}</name><memory unit="MiB">64</memory><vcpu>1</vcpu><os><type arch="x86_64" machine="q35">hvm</type></os>` +
  `<devices>${devices}<video><model type="none"/></video><memballoon model="none"/></devices></domain>`;

let host: Host;
let before: { machine: MachineState; theirs: string };

/** Runs a command in alice's clone and insists that it works. */
async function working(command: string): Promise<string> {
  const { status, stdout, stderr } = await host.run("alice", command, { cwd: "lvs-lab" });
  if (status !== 0) throw new Error(`${command}: status ${status}\n${stdout}${stderr}`);
  return stdout + stderr;
}
const lvsLab = (verb: string, ...words: string[]) => working(["npx lvs-lab", verb, "-s", STACK, ...words].join(" "));

async function virsh(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await host.asRoot(["virsh --connect qemu:///system --quiet", ...words].join(" "));
  if (status !== 0) throw new Error(`virsh ${words.join(" ")}: ${stderr}`);
  return stdout;
}
const rows = async (...words: string[]) => (await virsh(...words)).split("\n").filter(Boolean).sort();

/** All that is not the lab's, as libvirt describes it, and the process of the VM that runs. */
async function theirs(): Promise<string> {
  const { stdout } = await host.asRoot(`
    for one in theirs lvs-lab-small-server9 lvs-lab-small-theirs; do virsh domstate $one; virsh dumpxml $one; done
    for one in $(virsh net-list --all --name); do virsh net-dumpxml $one; virsh net-info $one; done
    virsh pool-dumpxml images | grep -v '<\\(allocation\\|available\\)'
    virsh vol-list images
    pgrep -f 'guest=[t]heirs,'`);
  return stdout;
}

const loopbackSockets = async () =>
  (await host.asRoot("ss --no-header --numeric --udp --all | grep -c '127\\.[1-9]' || true")).stdout.trim();

beforeAll(async () => {
  host = await Host.boot("system", { suite: "trixie" });
  await host.warm("alice", ["toolchain", "userland", "images"]);
  await host.clone("alice");
  await writeFile(join(host.root, "home/alice/lvs-lab/small.yaml"), labFile);
  const files = { theirs: domain("theirs", '<interface type="network"><source network="default"/></interface>') };
  for (const name of ["lvs-lab-small-server1", "lvs-lab-small-server9", "lvs-lab-small-theirs"])
    Object.assign(files, { [name]: domain(name) });
  for (const [name, xml] of Object.entries(files)) await writeFile(join(host.root, `root/${name}.xml`), xml);
  const { status, stderr } = await host.asRoot(`
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    apt-get install -yq --no-install-recommends libvirt-daemon-system libvirt-clients qemu-system-x86 qemu-utils dnsmasq-base iptables
    usermod --append --groups libvirt alice
    for one in ${Object.keys(files).join(" ")}; do virsh define /root/$one.xml; done
    virsh net-start default
    virsh start theirs
    mkdir /srv/pool
    virsh pool-define-as images dir --target /srv/pool
    virsh pool-start images
    virsh vol-create-as images theirs.qcow2 10M --format qcow2`);
  expect(status, stderr).toBe(0);
  await working("npm run setup");
  // virtlogd runs as long as a domain, and libvirtd ends by itself when nobody asks it anything.
  before = { machine: await quiet(), theirs: await theirs() };
});
afterAll(() => host?.end());

/** The machine's state without the counters of packets in its firewall's rules. */
async function quiet(): Promise<MachineState> {
  const state = await machineState(host);
  const rules = state["nftables rule"].map((line) => line.replace(/packets \d+ bytes \d+/, ""));
  return { ...state, "nftables rule": rules };
}

/** What has changed on the machine, without libvirt's daemons, which come and go. */
const changes = async () =>
  difference(before.machine, await quiet()).filter(
    (line) => !/(libvirtd|virtlogd|virtlockd|machine-qemu|polkit|systemd-machined)/.test(line),
  );

/** Insists that the lab of a stack has left nothing, and changed nothing of what is not its own. `domains`: those of others. */
async function expectNothingLeft(stack: string, domains: readonly string[]): Promise<void> {
  expect(await rows("list --all --name")).toEqual(domains);
  expect(await rows("pool-list --all --name")).toEqual(["images"]);
  expect(await readdir(join(host.root, "var/lib/libvirt/images"))).toEqual([]);
  expect(existsSync(join(host.root, LABS, stack))).toBe(false);
  expect((await host.asRoot("pgrep -lu alice 'libvirtd|nginx|socat|bash|perl' || true")).stdout).toBe("");
  expect(await loopbackSockets()).toBe("0");
  expect(await changes()).toEqual([]);
  expect(await theirs()).toBe(before.theirs);
}

describe("a lab on the libvirt that the machine has", () => {
  it("is refused where a domain of a name that it needs is somebody else's, and leaves that", {
    timeout: 10 * minutes,
  }, async () => {
    await working(
      `eval "$(npx lvs-lab env)" && pulumi stack select --create ${STACK} && pulumi config set lab small.yaml && pulumi config set host system`,
    );
    const { status, stdout, stderr } = await host.run("alice", `npm run up -- -s ${STACK}`, { cwd: "lvs-lab" });
    expect(status).not.toBe(0);
    expect(stdout + stderr).toMatch(/domain lvs-lab-small-server1 that is not this lab's.*Fix: /s);
    expect(await rows("pool-list --all --name")).toEqual(["images"]);
    expect(await virsh("dumpxml lvs-lab-small-server1")).toContain("<name>lvs-lab-small-server1</name>");
    await virsh("undefine lvs-lab-small-server1");
  });

  it("comes up for an ordinary user, with names and nothing else of the machine's network", {
    timeout: 20 * minutes,
  }, async () => {
    expect(await working(`npm run up -- -s ${STACK}`)).toContain("The lab is up.");
    const servers = ["server1", "server2", "server3"].map((name) => `lvs-lab-small-${name}`);
    expect(await rows("list --name")).toEqual([...servers, "theirs"].sort());
    expect(await rows("list --all --title")).toContainEqual(
      expect.stringContaining("lvs-lab: server1 of the lab small"),
    );
    expect(await rows("list --all --autostart --name")).toEqual([]);
    expect(await rows("pool-list --name")).toEqual(["images", "lvs-lab-small"]);
    const changed = await changes();
    expect(changed.filter((line) => !/^\+ listening port: udp 127\.\d+\.\d+\.1[123]:\d+$/.test(line))).toEqual([]);
    expect(changed).toHaveLength(3);
    expect(await theirs()).toBe(before.theirs);
  });

  it("is checked, looked into and measured", { timeout: 20 * minutes }, async () => {
    expect(await lvsLab("check")).toContain("0 failed");
    expect(await lvsLab("ssh", "server1 -- hostname")).toContain("server1");
    expect(await lvsLab("status")).toContain("server1");
    expect(await lvsLab("logs", "server1 --console")).toContain("login:");
    expect(await working(`npm run up -- -s ${STACK}`)).toMatch(/Resources:\n +\d+ unchanged\n/);
    await lvsLab("fault inject", "power-off server2");
    expect(await virsh("domstate lvs-lab-small-server2")).toContain("shut off");
    await lvsLab("heal");
    await lvsLab("check", "--wait 180");
    await lvsLab("fault inject", "link-down server2");
    await lvsLab("heal");
    await lvsLab("check", "--wait 180");
    const measured = await lvsLab("failover");
    expect(measured).toMatch(/^ {2}outage +\d+ ± \d+ ms$/m);
    expect(measured).not.toContain("✗");
    await lvsLab("check", "--wait 180");
  });

  it("goes back to a snapshot, also with a server that is off, and forgets it", { timeout: 20 * minutes }, async () => {
    await lvsLab("snapshot", "before");
    expect(await lvsLab("snapshots")).toContain("before");
    await lvsLab("ssh", "server2 -- touch /root/after");
    await virsh("destroy lvs-lab-small-server2");
    expect(await lvsLab("snapshots")).toContain("before");
    await lvsLab("restore", "before");
    expect(await lvsLab("check")).toContain("0 failed");
    expect(await lvsLab("ssh", "server2 -- 'ls /root/after || true'")).not.toMatch(/^\/root\/after$/m);
    await virsh("destroy lvs-lab-small-server2");
    await lvsLab("snapshots", "--remove before");
    expect(await virsh("domstate lvs-lab-small-server2")).toContain("shut off");
  });

  it("gets a lab host anew, and its servers run on", { timeout: 15 * minutes }, async () => {
    await working(`npm run up -- -s ${STACK}`);
    const qemu = async () => (await host.asRoot("pgrep -f 'guest=[l]vs-lab-small-' | sort")).stdout;
    const running = await qemu();
    await host.asRoot(`kill -KILL $(cat ${LAB}/init.pid)`);
    await working(`npm run up -- -s ${STACK}`);
    expect(await qemu()).toBe(running);
    expect(await lvsLab("check", "--wait 60")).toContain("0 failed");
  });

  it("is taken down with nothing left, and nothing of others changed", { timeout: 10 * minutes }, async () => {
    expect(await theirs()).toBe(before.theirs);
    await working(`npm run down -- -s ${STACK}`);
    await expectNothingLeft(STACK, ["lvs-lab-small-server9", "lvs-lab-small-theirs", "theirs"]);
  });
});

describe("a lab whose image has a URL, on the libvirt that the machine has", () => {
  it("boots its servers from the image in the lab's pool, and leaves no part of it there", {
    timeout: 40 * minutes,
  }, async () => {
    const stack = "cloud";
    const { file, checksum } = await buildCloudImage();
    await copyFile(file, join(host.root, "srv/cloud.qcow2"));
    const port = 8080;
    const serve = `require("node:http").createServer((_, answer) => require("node:fs").createReadStream("/srv/cloud.qcow2").pipe(answer)).listen(${port}, "127.0.0.1")`;
    const image = `image: { url: "http://127.0.0.1:${port}/cloud.qcow2", checksum: "${checksum}" }`;
    await writeFile(join(host.root, "home/alice/lvs-lab/cloud.yaml"), labFile.replace(/^image: .*$/m, image));
    const domains = await rows("list --all --name");
    await host.asRoot(`setsid node -e '${serve}' </dev/null >/dev/null 2>&1 & echo $! >/run/served.pid`);
    await working(
      `eval "$(npx lvs-lab env)" && pulumi stack select --create ${stack} && pulumi config set lab cloud.yaml && pulumi config set host system`,
    );
    expect(await working(`npm run up -- -s ${stack}`)).toContain("The lab is up.");
    await host.asRoot("kill $(cat /run/served.pid)");
    expect(await rows(`vol-list lvs-lab-${stack}`)).not.toEqual([]);
    expect(await working(`npx lvs-lab ssh -s ${stack} server2 -- cat /proc/cmdline`)).toContain(
      "root=LABEL=cloudimg-root",
    );
    expect(await working(`npx lvs-lab check -s ${stack} --wait 60`)).toContain("0 failed");
    expect(await working(`npm run up -- -s ${stack}`)).toMatch(/Resources:\n +\d+ unchanged\n/);
    await working(`npm run down -- -s ${stack}`);
    await expectNothingLeft(stack, domains);
  });
});

describe("a rehearsal on the libvirt that the machine has", () => {
  it("has its directors there, keeps its promises, and is taken away", { timeout: 20 * minutes }, async () => {
    const stack = "rehearse-web-pair";
    await working(
      `eval "$(npx lvs-lab env)" && pulumi stack select --create ${stack} && pulumi config set host system --stack ${stack}`,
    );
    const domains = await rows("list --all --name");
    const said = await working(`npx lvs-lab rehearse run rehearsals/web-pair --only crash refuse`);
    expect(said).toMatch(/^✓ {2}crash /m);
    expect(said).toMatch(/^✓ {2}refuse real1 /m);
    await expectNothingLeft(stack, domains);
  });
});
