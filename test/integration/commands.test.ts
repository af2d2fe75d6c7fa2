import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { $ } from "zx";
import { onPath } from "../../bench/harness/on-path.ts";
import { cacheRoot, projectRoot } from "../../provision/paths.ts";
import { type SmallLab, startSmallLab } from "./small-lab.ts";

let state: string;
let lab: SmallLab;
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "lvs-cmd-"));
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
