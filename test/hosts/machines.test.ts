import { afterEach, describe, expect, test } from "vitest";
import { Host, type HostOptions } from "./host.ts";
import { difference, machineState } from "./snapshot.ts";

/** Kinds of machine and of user, each from a clone to nothing. `npm run test:hosts` runs them. */
const minutes = 60_000;

let host: Host | undefined;
afterEach(async () => {
  await host?.end();
  host = undefined;
});

interface Person {
  readonly user: "alice" | "carol" | "root";
  /** Before each command: `sudo`. */
  readonly by?: string;
}

/** Runs a command in somebody's clone and insists that it works. */
const working = async (on: Host, { user, by = "" }: Person, command: string): Promise<string> => {
  const { status, stdout, stderr } = await on.run(user, `${by}${command}`, { cwd: "lvs-lab" });
  if (status !== 0) throw new Error(`${user}: ${command}: status ${status}\n${stdout}${stderr}`);
  return stdout + stderr;
};

async function booted(name: string, options: HostOptions, person: Person): Promise<Host> {
  host = await Host.boot(name, options);
  await host.warm(person.by ? "root" : person.user, ["toolchain"]);
  return host;
}

const sudo = 'sudo env "PATH=$PATH" ';

describe("from a clone to nothing", () => {
  test.each<[string, HostOptions, Person]>([
    ["Debian 12, Node 20, an ordinary user", { suite: "bookworm", node: 20 }, { user: "alice" }],
    ["Debian 12, Node 22, an ordinary user", { suite: "bookworm", node: 22 }, { user: "alice" }],
    ["Debian 13, Node 24, an ordinary user", { suite: "trixie", node: 24 }, { user: "alice" }],
    ["Debian 12, Node 20, root", { suite: "bookworm", node: 20 }, { user: "root" }],
    ["Debian 13, its own Node, by sudo", { suite: "trixie" }, { user: "carol", by: sudo }],
  ])("%s", { timeout: 25 * minutes }, async (name, options, person) => {
    const on = await booted(name.replace(/\W+/g, "-").toLowerCase(), options, person);
    await on.clone(person.user as "alice");
    const before = await machineState(on);
    const begun = performance.now();
    expect(await working(on, person, "npm run up -- -s dr")).toContain("The lab is up.");
    console.info(
      `${name}: \`npm run up\`, all built but the toolchain, in ${Math.round((performance.now() - begun) / 1000)} s`,
    );
    expect(difference(before, await machineState(on))).toEqual([]);
    await working(on, person, "npx lvs-lab check -s dr");
    await working(on, person, "npm run down -- -s dr");
    expect((await on.run(person.user, "git status --porcelain", { cwd: "lvs-lab" })).stdout).toBe("");
    expect(difference(before, await machineState(on))).toEqual([]);
  });
});

describe("a machine with a life of its own", () => {
  const alice: Person = { user: "alice" };

  test("libvirt, nginx and keepalived of its own, enabled and running, stay so", {
    timeout: 25 * minutes,
  }, async () => {
    const on = await booted("its-own-services", { suite: "trixie" }, alice);
    await on.warm("alice", ["userland", "images"]);
    const { status, stderr } = await on.asRoot(`
      export DEBIAN_FRONTEND=noninteractive
      apt-get update -q
      apt-get install -yq --no-install-recommends libvirt-daemon-system libvirt-clients nginx-light keepalived
      printf 'vrrp_instance A {\\n interface eth0\\n virtual_router_id 9\\n priority 1\\n virtual_ipaddress {\\n 10.0.2.99\\n }\\n}\\n' >/etc/keepalived/keepalived.conf
      systemctl enable --now libvirtd nginx keepalived`);
    expect(status, stderr).toBe(0);
    await on.clone("alice");
    const before = await machineState(on);
    const units = before["active unit"].join("\n");
    for (const unit of ["nginx", "keepalived"]) expect(units).toContain(`${unit}.service active`);
    await working(on, alice, "npm run up -- -s ha-baked");
    await working(on, alice, "npx lvs-lab check -s ha-baked");
    await working(on, alice, "npm run down -- -s ha-baked");
    const resting = /libvirtd\.service|libvirtd.*\.socket/; // libvirtd ends by itself when nobody asks it anything
    expect(difference(before, await machineState(on)).filter((line) => !resting.test(line))).toEqual([]);
    expect((await on.asRoot("systemctl is-active nginx keepalived")).status).toBe(0);
  });

  test("two labs at once; the machine shuts down at once; after the boot `up` brings them back", {
    timeout: 25 * minutes,
  }, async () => {
    const on = await booted("reboot", { suite: "trixie" }, alice);
    await on.warm("alice", ["userland", "images"]);
    await on.clone("alice");
    await working(on, alice, "npm run up -- -s dr-baked");
    await working(on, alice, "npm run up -- -s bare");
    await working(on, alice, "npx lvs-lab check -s dr-baked");
    await working(on, alice, "npx lvs-lab ssh -s bare server1 -- 'echo kept >/root/kept; sync'");
    const begun = performance.now();
    await on.reboot();
    const seconds = (performance.now() - begun) / 1000;
    console.info(`a reboot with two labs up: ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(60); // 90 s is what systemd waits for a process that ignores SIGTERM
    for (const stack of ["dr-baked", "bare"]) await working(on, alice, `npm run up -- -s ${stack}`);
    await working(on, alice, "npx lvs-lab check -s dr-baked --wait 120");
    expect(await working(on, alice, "npx lvs-lab ssh -s bare server1 -- cat /root/kept")).toContain("kept");
    for (const stack of ["dr-baked", "bare"]) await working(on, alice, `npm run down -- -s ${stack}`);
  });

  test("a lab outlives its login where systemd ends a user's processes, if she lingers", {
    timeout: 25 * minutes,
  }, async () => {
    const on = await booted("logout", { suite: "trixie" }, alice);
    await on.warm("alice", ["userland", "images"]);
    await on.asRoot(
      "mkdir -p /etc/systemd/logind.conf.d; printf '[Login]\\nKillUserProcesses=yes\\n' >/etc/systemd/logind.conf.d/kill.conf; systemctl restart systemd-logind",
    );
    await on.clone("alice");
    expect(await working(on, alice, "npm run setup")).toContain("sudo loginctl enable-linger alice");
    // As loginctl(1) does it; in a container that says EUNATCH.
    const lingering =
      "mkdir -p /var/lib/systemd/linger; touch /var/lib/systemd/linger/alice; systemctl restart systemd-logind";
    expect((await on.asRoot(lingering)).status).toBe(0);
    await working(on, alice, "npm run up -- -s dr-baked");
    // Each command is a login of its own.
    await working(on, alice, "npx lvs-lab check -s dr-baked");
    await working(on, alice, "npm run down -- -s dr-baked");
  });

  test("a member of the group kvm may use /dev/kvm, and so may QEMU", {
    timeout: 25 * minutes,
  }, async () => {
    const on = await booted("kvm-group", { suite: "trixie" }, alice);
    await on.warm("alice", ["userland", "images"]);
    // A device that can be opened stands in for the one that this machine cannot serve.
    await on.asRoot(
      "getent group kvm || groupadd --system kvm; usermod --append --groups kvm alice; rm -f /dev/kvm; mknod /dev/kvm c 1 3; chown root:kvm /dev/kvm; chmod 0660 /dev/kvm",
    );
    await on.clone("alice");
    await working(on, alice, "npm run up -- -s bare");
    const groups = await on.asRoot("sed -n 's/^Groups:\\t//p' /proc/$(pgrep --oldest --full guest=server1)/status");
    const kvm = (await on.asRoot("getent group kvm | cut --delimiter : --fields 3")).stdout.trim();
    expect(groups.stdout.trim().split(" "), groups.stderr).toContain(kvm);
    await working(on, alice, "npm run down -- -s bare");
  });

  test("what the machine lacks is named, with the command that mends it", { timeout: 5 * minutes }, async () => {
    const on = await booted("lacking", { suite: "trixie" }, alice);
    await on.clone("alice");
    const refused = async (): Promise<string> => {
      const { status, stderr } = await on.run("alice", "node setup/main.mjs", { cwd: "lvs-lab" });
      expect(status).toBe(1);
      return stderr;
    };
    await on.asRoot("sed -i /^alice:/d /etc/subuid");
    expect(await refused()).toContain("sudo usermod --add-subuids");
    await on.asRoot("echo alice:300000:65536 >>/etc/subuid; mv /usr/bin/mmdebstrap /usr/bin/newuidmap /root/");
    const both = await refused();
    expect(both).toContain("sudo apt-get install mmdebstrap");
    expect(both).toContain("sudo apt-get install uidmap");
    await on.asRoot(
      "mv /root/mmdebstrap /root/newuidmap /usr/bin/; chmod u+s /usr/bin/newuidmap; chmod 0600 /dev/net/tun",
    );
    expect(await refused()).toContain("sudo chmod 0666 /dev/net/tun");
    await on.asRoot("chmod 0666 /dev/net/tun");
    expect(
      (await on.run("alice", "LVS_LAB_STATE='/home/alice/my labs' node setup/main.mjs", { cwd: "lvs-lab" })).stderr,
    ).toContain("LVS_LAB_STATE");
    expect((await on.run("alice", "ls 'my labs'")).status).not.toBe(0);
  });
});

describe("a machine without mmdebstrap", () => {
  const alice: Person = { user: "alice" };
  const image = "docker.io/library/debian:bookworm-slim";

  // The image's registry is out of reach: mmdebstrap makes one of that name first. How an engine gets the real one is its own affair.
  test.each<[engine: string, packages: string, access: string]>([
    ["podman", "podman crun slirp4netns fuse-overlayfs netavark passt", "true"],
    ["docker", "docker.io docker-cli iptables", "usermod --append --groups docker alice"],
  ])(
    "makes the userland by %s, and it is the user's own",
    { timeout: 25 * minutes },
    async (engine, packages, access) => {
      const on = await booted(engine, { suite: "trixie" }, alice);
      await on.warm("alice", ["images"]);
      const { status, stderr } = await on.asRoot(`
      export DEBIAN_FRONTEND=noninteractive
      apt-get update -q
      apt-get install -yq --no-install-recommends ${packages}
      sed s/trixie/bookworm/g /etc/apt/sources.list | mmdebstrap --variant=minbase --include=ca-certificates bookworm /srv/debian.tar -
      rm /usr/bin/mmdebstrap
      ${access}`);
      expect(status, stderr).toBe(0);
      await on.ok("alice", `${engine} import /srv/debian.tar ${image}`);
      await on.clone("alice");
      await working(on, alice, "npm run setup");
      const userlands = ".cache/lvs-lab/userland";
      expect(await on.ok("alice", `find ${userlands} ! -user alice`)).toBe("");
      // It can be entered, and its programs run.
      expect(await on.ok("alice", `${userlands}/*/tools/virsh --version`)).toMatch(/^\d+\.\d+/);
    },
  );
});
