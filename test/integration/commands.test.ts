import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { $ } from "zx";
import { onPath } from "../../bench/harness/on-path.ts";
import { runOnHost } from "../../provision/host/command.ts";
import { CLIENT } from "../../provision/host/reach.ts";
import { cacheRoot, projectRoot } from "../../provision/paths.ts";
import { scratchDirectory } from "../scratch.ts";
import { type SmallLab, startSmallLab } from "./small-lab.ts";

let state: string;
let lab: SmallLab;
beforeAll(async () => {
  state = await scratchDirectory("lvs-cmd-");
  lab = await startSmallLab(state, "small");
});
afterAll(async () => {
  await lab.end();
  await rm(state, { recursive: true });
});

const program = join(projectRoot, "cli/lvs-lab");

/** The environment of a user who has this lab and no other. */
const environment = () => {
  const given = Object.entries(process.env).filter(([name]) => !name.startsWith("PULUMI_"));
  const own = { HOME: state, LVS_LAB_CACHE: cacheRoot(), LVS_LAB_STATE: state, LVS_LAB_STACK: lab.stack };
  return { ...Object.fromEntries(given), ...own };
};

async function run(file: string, args: readonly string[], input = "") {
  const { exitCode, stdout, stderr } = await $({
    ...{ cwd: projectRoot, env: environment(), nothrow: true, quiet: true, input },
  })`${file} ${args}`;
  return { status: exitCode, stdout, stderr };
}

const lvsLab = (...args: string[]) => run(program, args);

describe("ways to a server", () => {
  it("`ssh` passes on output and status", async () => {
    expect(await lvsLab("ssh", "server1", "--", "echo here; exit 3")).toEqual({
      ...{ status: 3, stdout: "here\n", stderr: "" },
    });
  });

  it.skipIf(!onPath("ssh"))("`ssh-config` leads the user's own ssh there, from anywhere", async () => {
    const { stdout } = await lvsLab("ssh-config", "--path");
    const ssh = ["-F", stdout.trim(), "server1.small", "cat; exit 3"];
    expect(await run("ssh", ssh, "in and out")).toEqual({ status: 3, stdout: "in and out", stderr: "" });
    const elsewhere = { ...environment(), LVS_LAB_STATE: "/nowhere", LVS_LAB_STACK: "other" };
    expect((await $({ env: elsewhere, cwd: "/", quiet: true })`ssh ${ssh.slice(0, 3)} echo here`).stdout).toBe(
      "here\n",
    );
  });

  it("`connect` is a connection to a port, by a server's name or its address", async () => {
    for (const server of ["server1", "172.25.254.11"]) {
      const { stdout } = await run(program, ["connect", server], "SSH-2.0-none\r\n");
      expect(stdout).toMatch(/^SSH-2\.0-/);
    }
    const refused = await lvsLab("connect", "server1", "23");
    expect(refused).toMatchObject({ status: 1, stdout: "" });
    expect(refused.stderr).toContain("Connection refused");
  });

  it("Ansible's inventory script gives groups and hosts, and one host's variables", async () => {
    const script = join(projectRoot, "cli/ansible-inventory");
    const list = JSON.parse((await run(script, ["--list"])).stdout);
    expect(list).toMatchObject({ directors: { hosts: ["server1"] }, real_servers: { hosts: ["server2", "server3"] } });
    const host = JSON.parse((await run(script, ["--host", "server1"])).stdout);
    expect(host).toEqual(list._meta.hostvars.server1);
    const unknown = await run(script, ["--host", "server9"]);
    expect(unknown).toMatchObject({ status: 2, stdout: "" });
    expect(unknown.stderr).toContain('no server "server9"; it has server1, server2, server3');
  });

  it("`console` of a server that libvirt has not, is an error", async () => {
    const ran = await run("script", ["--quiet", "--return", "--command", `${program} console server9`, "/dev/null"]);
    expect(ran.status).toBe(2);
    expect(ran.stdout).toContain('the lab has no server "server9"; it has none');
  });
});

describe("logs", () => {
  it("`logs SERVER` asks journalctl there, each word quoted", async () => {
    expect(await lvsLab("logs", "server1", "--unit", "no; such", "-n", "3", "-f")).toEqual({
      ...{ status: 0, stdout: "<--no-pager><--lines><3><--unit><no; such><--follow>", stderr: "" },
    });
  });

  it("`logs SERVER` of one that does not answer, names what still can be seen", async () => {
    const ran = await lvsLab("logs", "server2");
    expect(ran).toMatchObject({ status: 9, stdout: "" });
    expect(ran.stderr).toContain("Fix: `npx lvs-lab logs -s small server2 --console`");
  });
});

describe("capture", () => {
  /** Starts a capture, and has the client ask server1 for an echo once it listens. */
  async function capture(...args: string[]) {
    const child = spawn(program, ["capture", ...args], { cwd: projectRoot, env: environment() });
    const closed = once(child, "close");
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const)
      child[stream].setEncoding("latin1").on("data", (text: string) => (output[stream] += text));
    await expect.poll(() => output.stderr, { timeout: 15_000 }).toContain("Capturing on the lab's segment");
    await runOnHost(lab.host, CLIENT, ["ping", "-c", "1", "-W", "5", "172.25.254.11"]);
    return { child, closed, output };
  }

  it("shows packets, with MAC addresses if asked for, and ends by itself", async () => {
    const { closed, output } = await capture("--filter", "icmp[icmptype] = icmp-echo", "-e", "--seconds", "3");
    expect(await closed).toEqual([0, null]);
    expect(output.stdout.match(/ICMP echo/g)).toEqual(["ICMP echo"]);
    expect(output.stdout).toMatch(/^\S+ \S+:\S+ > \S+:\S+, .* 172\.25\.254\.250 > 172\.25\.254\.11: ICMP echo request/);
    expect(output.stderr).toMatch(/\n1 packet captured\n$/);
  });

  it("writes a pcap file of this user's, which is whole when Ctrl-C has ended it", async () => {
    const file = join(state, "a file.pcap");
    const { child, closed, output } = await capture("--filter", "icmp", "-w", file);
    await expect.poll(async () => (await readFile(file)).length, { timeout: 10_000 }).toBe(24 + 2 * (16 + 98));
    child.kill("SIGINT");
    expect(await closed).toEqual([0, null]);
    expect(output.stdout).toBe("");
    expect(output.stderr).toContain(`2 packets captured, in ${file}\n`);
    expect((await readFile(file)).readUInt32LE(0)).toBe(0xa1b2c3d4);
    expect((await stat(file)).uid).toBe(process.getuid?.());
  });

  it("writes a pcap file to a pipe", async () => {
    const { closed, output } = await capture("--filter", "icmp", "--seconds", "2", "--write", "-");
    expect(await closed).toEqual([0, null]);
    expect(Buffer.from(output.stdout, "latin1").readUInt32LE(0)).toBe(0xa1b2c3d4);
  });

  it("ends without an error when its reader has seen enough", async () => {
    const { child, closed } = await capture("--filter", "icmp");
    child.stdout.destroy();
    await runOnHost(lab.host, CLIENT, ["ping", "-c", "2", "-i", "0.2", "-W", "5", "172.25.254.11"]);
    expect(await closed).toEqual([0, null]);
  });

  it.each(["icmp and and", "-w /tmp/x arp"])("a filter that tcpdump cannot read, %j, costs no file", async (filter) => {
    const file = join(state, "precious.pcap");
    await writeFile(file, "precious");
    const ran = await lvsLab("capture", "-w", file, "--filter", filter);
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toBe("lvs-lab: --filter: tcpdump: can't parse filter expression: syntax error\n");
    expect(await readFile(file, "utf8")).toBe("precious");
  });

  it("says of a file that cannot be written why", async () => {
    const ran = await lvsLab("capture", "-w", join(state, "no/such/folder.pcap"));
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toMatch(/^lvs-lab: cannot write .*: ENOENT/);
  });
});
