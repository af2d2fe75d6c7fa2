import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../../provision/until.ts";
import { Host } from "../hosts/host.ts";
import { difference, type MachineState, machineState } from "../hosts/snapshot.ts";
import { measured } from "./measured.ts";

const grpcClient = await readFile(new URL("../programs/grpc-client.mjs", import.meta.url), "utf8");

/** What the project is for: somebody without privileges on a machine of today. Only root can boot such a machine beside this one. */
describe.skipIf(process.getuid?.() !== 0)("a Debian 13 with systemd, and a user who may nothing there", () => {
  let host: Host;
  let before: MachineState;
  const alice = (command: string) => host.run("alice", command, { cwd: "lvs-lab" });
  const lvs = async (command: string) => {
    const { status, stdout, stderr } = await alice(`npx lvs-lab ${command}`);
    return { status, said: stdout + stderr };
  };

  /** Where the language host and the provider of an `up` listen, by their gRPC services. */
  const grpcPorts = async (): Promise<Record<"LanguageRuntime" | "ResourceProvider", number>> => {
    const script = `for pid in $(pgrep --uid alice node); do
      case $(tr '\\0' ' ' </proc/$pid/cmdline) in
      *language-nodejs/main.mjs*) service=LanguageRuntime ;;
      *provision/main.ts*) service=ResourceProvider ;;
      *) continue ;;
      esac
      ss --no-header --listening --tcp --numeric --processes | sed -n "s/.*:\\([0-9]*\\) .*pid=$pid,.*/$service \\1/p"
    done`;
    return await until(
      async () => {
        const rows = (await host.asRoot(script)).stdout.trim().split("\n");
        const ports = Object.fromEntries(rows.map((row) => row.split(" ")).map(([name, port]) => [name, Number(port)]));
        if (!ports.LanguageRuntime || !ports.ResourceProvider) throw new Error(`not both listen: ${rows.join(", ")}`);
        return ports;
      },
      { seconds: 240, everyMs: 200, failed: (last) => last as Error },
    );
  };

  beforeAll(async () => {
    host = await Host.boot("ordinary-user", { suite: "trixie" });
    await host.warm("alice", ["toolchain", "userland", "images"]);
    before = await machineState(host);
  });
  afterAll(() => host?.end());

  test("she has no sbin on her PATH and cannot become root", async () => {
    expect(await host.ok("alice", 'echo "$PATH"')).not.toContain("sbin");
    expect((await host.run("alice", "sudo --non-interactive true")).status).not.toBe(0);
  });

  test("git clone and `npm run up`: a lab is up, and what makes it answers to her alone", async () => {
    await host.clone("alice");
    const running = alice("npm run up -- -s ha-baked");
    const ports = await grpcPorts();
    for (const [server, port] of Object.entries(ports)) {
      const call = `node --input-type=module - 127.0.0.1:${port} /pulumirpc.${server}/GetPluginInfo`;
      const said = async (user: "alice" | "bob") => (await host.run(user, call, { input: grpcClient })).stdout;
      expect(await said("bob"), server).toMatch(/^(closed without an answer|not connected)/);
      expect(await said("alice"), server).toMatch(/^(served|status)/);
    }
    const { status, stdout, stderr } = await running;
    expect(status, stdout + stderr).toBe(0);
    expect(stderr).toContain("The lab is up.");
  });

  test("every check passes", async () => {
    const { status, said } = await lvs("check -s ha-baked");
    expect(status, said).toBe(0);
  });

  test("her client pings, and asks by ARP", async () => {
    const { said } = await lvs("client -s ha-baked -- sh -c 'ping -c 1 -W 5 172.25.254.100 && arp -an'");
    expect(said).toContain(" 0% packet loss");
    expect(said).toMatch(/\(172\.25\.254\.100\) at 52:54:00:/);
  });

  test("a failover is as VRRP promises", measured, async () => {
    const { status, said } = await lvs("failover -s ha-baked");
    expect(status, said).toBe(0);
  });

  test("the machine is as it was while the lab is up", async () => {
    expect(difference(before, await machineState(host))).toEqual([]);
  });

  test("another user reaches neither libvirt, servers, packages, processes nor keys", async () => {
    // Her home is open, as on a Debian 12: what keeps others out is the lab's own doing.
    await host.ok("alice", "chmod o+rx ~ ~/.local ~/.local/state");
    const lab = "/home/alice/.local/state/lvs-lab/labs/ha-baked";
    const init = (await host.ok("alice", `cat ${lab}/init.pid`)).trim();
    const connecting = (path: string) =>
      `node -e 'require("node:net").connect("${path}").on("connect", () => process.exit(0)).on("error", () => process.exit(1))'`;
    const attempts = {
      "libvirt's socket": connecting(`${lab}/run/libvirt-sock`),
      "the package server's socket": connecting(`${lab}/run/packages.sock`),
      "the lab's directory": `ls ${lab}`,
      "a server's disk": `cat ${lab}/pool/server1.qcow2`,
      "a server's seed with its key": `cat ${lab}/seeds/*`,
      "Pulumi's state": "cat /home/alice/.local/state/lvs-lab/pulumi/.pulumi/stacks/lvs-lab/ha-baked.json",
      "the passphrase": "cat /home/alice/.local/state/lvs-lab/passphrase",
      "a server": "curl --silent --max-time 3 http://172.25.254.12/",
      "the VIP": "curl --silent --max-time 3 http://172.25.254.100/",
      "the package server": "curl --silent --max-time 3 http://172.25.254.1:3142/pool/",
      "the lab host's network": `PATH=$PATH:/usr/sbin nsenter --target ${init} --user --net true`,
      "the lab host's files": `ls /proc/${init}/root/`,
      "the lab host's life": `kill ${init}`,
    };
    for (const [what, attempt] of Object.entries(attempts)) {
      // It can be done at all: by her. What is reached by network alone, nobody on the machine reaches.
      const { status } = await host.run("bob", attempt);
      expect(status, what).not.toBe(0);
    }
    for (const what of ["libvirt's socket", "a server's disk", "the passphrase", "Pulumi's state"] as const)
      expect((await host.run("alice", attempts[what])).status, what).toBe(0);
  });

  test("`npm run down` leaves nothing: not on the machine, not in the checkout", async () => {
    const { status, stdout, stderr } = await alice("npm run down -- -s ha-baked");
    expect(status, stdout + stderr).toBe(0);
    expect((await alice("git status --porcelain")).stdout).toBe("");
    expect((await host.run("alice", "ls ~/.local/state/lvs-lab/labs")).stdout).toBe("");
    expect((await host.asRoot("pgrep --uid alice --list-full 'qemu|libvirtd|nginx|socat' || true")).stdout).toBe("");
    expect(difference(before, await machineState(host))).toEqual([]);
  });
});
