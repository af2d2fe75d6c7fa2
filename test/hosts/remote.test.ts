import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { $ } from "zx";
import { labDirectory, projectRoot } from "../../provision/paths.ts";
import { Host } from "./host.ts";

/** A lab on another machine: a system of its own that an ordinary user's ssh leads to. The tests are one story. */
const minutes = 60_000;
const STACK = "elsewhere";

let host: Host;
let scratch: string;
const path = process.env.PATH ?? "";

/** An sshd for bob, whom only a key of this test's lets in, and an ssh here that finds the way. */
beforeAll(async () => {
  host = await Host.boot("remote", { suite: "trixie" });
  scratch = await mkdtemp(join(tmpdir(), "lr-"));
  const at = (name: string) => join(scratch, name);
  const { status, stderr } = await host.asRoot(`
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    apt-get install -yq --no-install-recommends openssh-server
    systemctl enable --now ssh`);
  expect(status, stderr).toBe(0);
  await $({ quiet: true })`ssh-keygen -q -t ed25519 -N ${""} -f ${at("identity")}`;
  const key = (await readFile(at("identity.pub"), "utf8")).trim();
  await host.ok("bob", `mkdir -m 0700 .ssh && echo '${key}' >.ssh/authorized_keys`);
  const { stdout } = await host.asRoot("cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub");
  await writeFile(at("known_hosts"), `box ${stdout}`);
  const [, pid = ""] = /^\/proc\/(\d+)\/root$/.exec(host.root) ?? [];
  const join22 = `const s=require("node:net").connect(22,"127.0.0.1");process.stdin.pipe(s);s.pipe(process.stdout)`;
  await writeFile(
    at("config"),
    `Host box
  User bob
  IdentityFile ${at("identity")}
  UserKnownHostsFile ${at("known_hosts")}
  HostKeyAlias box
  ProxyCommand nsenter --target ${pid} --net -- ${process.execPath} -e '${join22}'
`,
  );
  await mkdir(at("bin"));
  const ssh = (await $({ quiet: true })`command -v ssh`).stdout.trim();
  await writeFile(at("bin/ssh"), `#!/bin/sh\nexec ${ssh} -F ${at("config")} "$@"\n`);
  await chmod(at("bin/ssh"), 0o755);
  process.env.PATH = [at("bin"), path].join(delimiter);
});
afterAll(async () => {
  await lvsLab("down", "-s", STACK, "--force");
  await rm(join(projectRoot, `Pulumi.${STACK}.yaml`), { force: true });
  await rm(scratch, { recursive: true });
  process.env.PATH = path;
  await host.end();
});

async function lvsLab(...words: string[]): Promise<{ status: number | null; output: string }> {
  const child = spawn(join(projectRoot, "cli/lvs-lab"), words, { cwd: projectRoot, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const [status] = (await once(child, "close")) as [number | null];
  return { status, output };
}

async function working(verb: string, ...words: string[]): Promise<string> {
  const { status, output } = await lvsLab(verb, "-s", STACK, ...words);
  if (status !== 0) throw new Error(`lvs-lab ${verb} ${words.join(" ")}: status ${status}\n${output}`);
  return output;
}

const guests = async (): Promise<number> => Number((await host.asRoot("pgrep -cu bob qemu-system || true")).stdout);

describe("a lab on another machine", () => {
  it("whose connection is cut in the middle of `up` goes on there, and the next `up` finishes", {
    timeout: 25 * minutes,
  }, async () => {
    await $({ quiet: true, cwd: projectRoot })`pulumi stack select --create ${STACK}`;
    const set = (name: string, value: string) =>
      $({ quiet: true, cwd: projectRoot })`pulumi config set ${name} ${value} --stack ${STACK}`;
    await set("lab", "labs/ha-baked.yaml");
    await set("host", "ssh://box");
    const broken = lvsLab("up", "-s", STACK);
    for (let done = false; !done && (await guests()) === 0; await sleep(500))
      void broken.then(() => {
        done = true;
      });
    await sleep(3000);
    await host.asRoot("pkill -KILL -u bob sshd");
    const { status, output } = await broken;
    expect(status, output).not.toBe(0);
    expect(output).toMatch(/ssh:\/\/box|libvirt|connection/i);
    expect(await guests()).toBeGreaterThan(0);
    expect(await working("up")).toContain("The lab is up.");
  });

  it("is checked, looked into, and measured", { timeout: 15 * minutes }, async () => {
    expect(await working("check")).toContain("0 failed");
    expect(await working("ssh", "server1", "--", "hostname")).toContain("server1");
    expect(await working("logs", "server1", "--console")).toContain("login:");
    await working("snapshot", "before");
    const measured = await working("failover");
    expect(measured).toMatch(/^ {2}outage +\d+ ± \d+ ms$/m);
    expect(measured).not.toContain("✗");
    await working("restore", "before");
    expect(await working("check")).toContain("0 failed");
  });

  it("is taken down with nothing left on either machine", { timeout: 5 * minutes }, async () => {
    await working("down");
    expect(existsSync(labDirectory(STACK))).toBe(false);
    expect(await readdir(join(host.root, "home/bob/.local/state/lvs-lab/labs"))).toEqual([]);
    expect(await guests()).toBe(0);
    expect((await host.asRoot("pgrep -lu bob 'libvirtd|nginx|socat|bash' || true")).stdout).toBe("");
  });
});
