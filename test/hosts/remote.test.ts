import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { $ } from "zx";
import { labDirectory, projectRoot } from "../../provision/paths.ts";
import { Host } from "./host.ts";
import { lvsLab, working as lvsLabWorking, startLvsLab } from "./lvs-lab.ts";
import { SshWays } from "./ssh-way.ts";

/** A lab on another machine: a system of its own that an ordinary user's ssh leads to. The tests are one story. */
const minutes = 60_000;
const STACK = "elsewhere";

let host: Host;
let scratch: string;
let ways: SshWays;

beforeAll(async () => {
  host = await Host.boot("remote", { suite: "trixie" });
  scratch = await mkdtemp(join(tmpdir(), "lr-"));
  ways = await SshWays.open(scratch);
  await ways.to("box", host);
});
afterAll(async () => {
  await lvsLab(["down", "-s", STACK, "--force"]);
  await rm(join(projectRoot, `Pulumi.${STACK}.yaml`), { force: true });
  ways.close();
  await rm(scratch, { recursive: true });
  await host.end();
});

const working = async (verb: string, ...words: string[]): Promise<string> =>
  (await lvsLabWorking([verb, "-s", STACK, ...words])).output;

/** How many run. libvirt asks a QEMU without a guest what it can do. */
const guests = async (): Promise<number> =>
  Number((await host.asRoot("pgrep -cfu bob 'qemu-system.* -name guest=' || true")).stdout);

describe("a lab on another machine", () => {
  it("whose connection is cut in the middle of `up` goes on there, and the next `up` finishes", {
    timeout: 25 * minutes,
  }, async () => {
    await $({ quiet: true, cwd: projectRoot })`pulumi stack select --create ${STACK}`;
    const set = (name: string, value: string) =>
      $({ quiet: true, cwd: projectRoot })`pulumi config set ${name} ${value} --stack ${STACK}`;
    await set("lab", "labs/ha-baked.yaml");
    await set("host", "ssh://box");
    const broken = startLvsLab(["up", "-s", STACK]).said;
    // Cut while domains are made: once all four run, `up` waits for logins, tries them again, and succeeds in spite of a cut.
    for (let done = false; !done && (await guests()) === 0; await sleep(50))
      void broken.then(() => {
        done = true;
      });
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
