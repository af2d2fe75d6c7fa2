import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { $ } from "zx";
import { lockFiles } from "../../cli/pulumi-lock.ts";
import { commandAtWork, holdingStack, type StackLock } from "../../cli/stack-lock.ts";
import { cacheRoot } from "../../provision/paths.ts";
import { until } from "../../provision/until.ts";
import { checks } from "../../verify/checks/index.ts";
import { Checkout } from "./a-checkout.ts";

/** The machine's, whatever a test makes of HOME: of a cache without the toolchain's `pulumi` its version is asked each time. */
const cache = cacheRoot();
afterEach(() => vi.unstubAllEnvs());

describe("the note beside a stack's lock", () => {
  let state: string;
  let note: string;
  let pulumiLocks: string;
  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), "lvs-lab-note-"));
    note = join(state, "locks/ha.json");
    pulumiLocks = join(state, "pulumi/.pulumi/locks/organization/lvs-lab/ha");
    for (const directory of [join(state, "locks"), pulumiLocks]) await mkdir(directory, { recursive: true });
    vi.stubEnv("LVS_LAB_STATE", state);
    vi.stubEnv("HOME", state);
    vi.stubEnv("LVS_LAB_CACHE", cache);
    vi.stubEnv("PULUMI_BACKEND_URL", undefined);
  });
  afterEach(() => rm(state, { recursive: true }));

  const read = async () => JSON.parse(await readFile(note, "utf8"));
  const hold = (): Promise<StackLock> => holdingStack("ha", async (lock) => lock);

  /** Tries to hold a stack that is held, with this text in place of the holder's note. */
  const refusal = async (text: string | undefined): Promise<string> =>
    await holdingStack("ha", async () => {
      if (text === undefined) await rm(note);
      else await writeFile(note, text);
      const error = await hold().catch((thrown) => thrown);
      expect(error).toMatchObject({ name: "CliError", status: 1 });
      return (error as Error).message;
    });

  it("names the holder while the stack is held, and nobody afterwards", async () => {
    const during = await holdingStack("ha", read, { command: "lvs-lab up -s ha" });
    expect(during.holder).toMatchObject({ command: "lvs-lab up -s ha", pid: process.pid, hostname: hostname() });
    expect(Math.abs(Date.now() - Date.parse(during.holder.since))).toBeLessThan(60_000);
    expect(await read()).toEqual({ hostnames: [] });
  });

  it("tells who works on the stack, without the lock; a holder that was killed does not", async () => {
    expect(await commandAtWork("ha")).toBeUndefined();
    const during = await holdingStack("ha", () => commandAtWork("ha"), { command: "lvs-lab up -s ha" });
    expect(during).toBe("lvs-lab up -s ha");
    expect(await commandAtWork("ha")).toBeUndefined();
    const gone = { command: "lvs-lab up -s ha", pid: 2 ** 22 + 1, since: new Date().toISOString() };
    await writeFile(note, JSON.stringify({ holder: { ...gone, hostname: hostname() } }));
    expect(await commandAtWork("ha")).toBeUndefined();
    await writeFile(note, JSON.stringify({ holder: { ...gone, hostname: "another" } }));
    expect(await commandAtWork("ha")).toBe("lvs-lab up -s ha");
  });

  it("is what a second comer is told, after a second at most", async () => {
    const begin = performance.now();
    const message = await holdingStack("ha", async () => (await hold().catch((error) => error)).message, {
      command: "lvs-lab soak",
    });
    expect(performance.now() - begin).toBeLessThan(5000);
    expect(message).toMatch(
      new RegExp(
        `^the stack "ha" is in use: \`lvs-lab soak\` \\(PID ${process.pid}\\) has held it since \\S+Z\\. Fix: wait for it, or end it\\.$`,
      ),
    );
  });

  it.each([undefined, "", "{", "null", "[]", '{"holder":"me"}', '{"holder":{"pid":"x"}}', "\0"])(
    "may be anything: %j is no reason to fail, only one to say less",
    async (text) => {
      expect(await refusal(text)).toBe(
        `the stack "ha" is in use by another lvs-lab command, not recorded in ${note}. Fix: wait for it, or end it.`,
      );
      if (text !== undefined) await writeFile(note, text);
      expect((await hold()).hostnames).toEqual([hostname()]);
    },
  );

  it("of another machine's command says where that runs", async () => {
    const holder = { command: "lvs-lab up", pid: 7, hostname: "container-1", since: "2026-01-01T00:00:00.000Z" };
    expect(await refusal(JSON.stringify({ holder }))).toContain(
      "`lvs-lab up` (PID 7 on container-1) has held it since 2026-",
    );
  });

  it("keeps the names of the machine until no run that was killed has a lock left", async () => {
    // A run was killed in one container, and another in the next.
    await writeFile(
      note,
      JSON.stringify({
        holder: { command: "lvs-lab up", pid: 7, hostname: "container-2", since: "2026-01-01T00:00:00.000Z" },
        hostnames: ["container-1", "container-2"],
      }),
    );
    await writeFile(join(pulumiLocks, "a.json"), "{}");
    const all = ["container-1", "container-2", hostname()];
    expect((await hold()).hostnames).toEqual(all);
    expect((await hold()).hostnames).toEqual(all);
    await rm(join(pulumiLocks, "a.json"));
    await hold();
    expect((await hold()).hostnames).toEqual([hostname()]);
  });

  it("does not survive an error of the holder's", async () => {
    await expect(holdingStack("ha", () => Promise.reject(new Error("failed inside")))).rejects.toThrow("failed inside");
    expect(await read()).toEqual({ hostnames: [] });
  });
});

describe("commands on one stack", () => {
  let checkout: Checkout;
  /** A lab file that is read to its end when the test says so: until then `up` stands in the middle of its work. */
  let fifo: string;
  beforeAll(async () => {
    checkout = await Checkout.make();
    await mkdir(checkout.state);
    fifo = join(checkout.state, "lab.yaml");
    await $`mkfifo ${fifo}`;
    for (const stack of ["held", "other"]) {
      await checkout.pulumi("stack", "select", "--create", stack);
      await checkout.pulumi("config", "set", "lab", fifo, "--stack", stack);
    }
  }, 60_000);
  afterAll(() => checkout.remove());

  /** Starts a command in a process group of its own, and waits until its Pulumi program stands before the lab file. */
  async function standing(file: string, ...args: string[]): Promise<ChildProcess & { pid: number }> {
    const options = { cwd: checkout.root, env: checkout.environment(), detached: true, stdio: "ignore" } as const;
    const child = spawn(file, args, options) as ChildProcess & { pid: number };
    const ended = once(child, "exit");
    onTestFinished(async () => {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {} // all of it has ended
      await ended;
    });
    await until(
      async () => {
        if ((await locksOf("held")).length === 0) throw new Error("pulumi does not hold the stack yet");
      },
      { seconds: 60, everyMs: 50, failed: (last) => last as Error },
    );
    return child;
  }
  const literalPulumi = () =>
    standing("sh", "-c", 'eval "$(cli/lvs-lab env)" && exec pulumi up --yes --skip-preview --stack held');

  async function locksOf(stack: string): Promise<string[]> {
    vi.stubEnv("LVS_LAB_STATE", checkout.state);
    vi.stubEnv("HOME", join(checkout.state, ".."));
    vi.stubEnv("LVS_LAB_CACHE", cache);
    vi.stubEnv("PULUMI_BACKEND_URL", undefined);
    return await lockFiles(stack);
  }

  const killGroup = async (child: ChildProcess & { pid: number }): Promise<void> => {
    const ended = once(child, "exit");
    process.kill(-child.pid, "SIGKILL");
    await ended;
  };
  const breaksSomething = checks.find(({ faulty }) => faulty)?.id ?? "";

  it("do not come in beside an `up`: they name it and end with 1; those that only look do", async () => {
    const up = await standing(join(checkout.root, "cli/lvs-lab"), "up", "-s", "held");
    const held = [
      ["up"],
      ["down"],
      ["ci"],
      ["scenario", "run", "director-down"],
      ["failover"],
      ["fault", "inject", "pause", "server1"],
      ["heal"],
      ["soak"],
      ["check", "--faults"],
      ["check", "--only", breaksSomething],
      ["grade", "--faults"],
    ];
    const run = async (words: string[]) => ({
      words,
      ...(await checkout.lvsLabWith({ LVS_LAB_STACK: "held" }, ...words)),
    });
    for (const { words, status, stdout, stderr } of await Promise.all(held.map(run))) {
      expect({ words, status, stdout }).toEqual({ words, status: 1, stdout: "" });
      expect(stderr).toMatch(
        new RegExp(
          `^lvs-lab: the stack "held" is in use: \`lvs-lab up -s held\` \\(PID ${up.pid}\\) has held it since \\S+Z\\. Fix: wait for it, or end it\\.\n$`,
        ),
      );
    }
    const free = [["status"], ["check"], ["grade"], ["fault", "status"], ["check", "--only", "httpd-page"]];
    for (const { stderr } of await Promise.all(free.map(run)))
      expect(stderr).toContain('lvs-lab: the stack "held" has no lab');
    expect(await locksOf("held")).toHaveLength(1);
    // Another stack is no business of this one's.
    expect((await checkout.lvsLab("down", "-s", "other")).status).toBe(0);
    await killGroup(up);
  });

  it("take over from an `up` that was killed with its pulumi", async () => {
    await killGroup(await standing(join(checkout.root, "cli/lvs-lab"), "up", "-s", "held"));
    const { status, stderr } = await checkout.lvsLab("down", "-s", "held");
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(
      /^An earlier pulumi \(PID \d+\) was killed and left the stack locked; removing the lock\.\n/,
    );
  });

  it("leave the pulumi alone that a killed `up` left running", async () => {
    const up = await standing(join(checkout.root, "cli/lvs-lab"), "up", "-s", "held");
    up.kill("SIGKILL"); // alone: its pulumi is another process of the group
    const { status, stderr } = await checkout.lvsLab("down", "-s", "held");
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^lvs-lab: the stack "held" is in use: pulumi \(PID \d+, user \S+\) has held it since \S+Z\. Fix: /,
    );
    expect(await locksOf("held")).toHaveLength(1);
    process.kill(-up.pid, "SIGKILL");
    expect((await checkout.lvsLab("down", "-s", "held")).status).toBe(0);
  });

  it("respect the literal pulumi, which knows nothing of our lock", async () => {
    const pulumi = await literalPulumi();
    for (const command of ["up", "down"]) {
      const { status, stdout, stderr } = await checkout.lvsLab(command, "-s", "held");
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr).toContain(`lvs-lab: the stack "held" is in use: pulumi (PID ${pulumi.pid}, user `);
    }
    expect(await locksOf("held")).toHaveLength(1);

    await killGroup(pulumi);
    expect((await checkout.lvsLab("down", "-s", "held")).stderr).toContain(`(PID ${pulumi.pid}) was killed`);
    expect(await locksOf("held")).toEqual([]);
  });

  it("take over from a run of another container on the same state, and from no stranger", async () => {
    const locks = join(checkout.state, "pulumi/.pulumi/locks/organization/lvs-lab/held");
    await mkdir(locks, { recursive: true });
    const lock = { pid: 1, username: "root", hostname: "container-1", timestamp: new Date().toISOString() };
    await writeFile(join(locks, "a.json"), JSON.stringify(lock));
    const stranger = await checkout.lvsLab("down", "-s", "held");
    expect(stranger.status).toBe(1);
    expect(stranger.stderr).toContain("by pulumi on the machine container-1 (PID 1, user root)");
    expect(await readdir(locks)).toEqual(["a.json"]);

    const holder = { command: "lvs-lab ci", pid: 9, hostname: "container-1", since: "2026-01-01T00:00:00.000Z" };
    await writeFile(join(checkout.state, "locks/held.json"), JSON.stringify({ holder }));
    const { status, stderr } = await checkout.lvsLab("down", "-s", "held");
    expect(status, stderr).toBe(0);
    expect(existsSync(join(locks, "a.json"))).toBe(false);
  });
});
