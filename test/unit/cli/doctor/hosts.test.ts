import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rm, truncate } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { FIX } from "../../../../cli/doctor/finding.ts";
import { hostFindings } from "../../../../cli/doctor/hosts.ts";
import { holdingStack } from "../../../../cli/stack-lock.ts";
import { becomeRoot } from "../../../../provision/host/machine/namespaces.ts";
import { runningHosts } from "../../../../provision/host/survey.ts";
import { aLabHost } from "../../provision/host/a-lab-host.ts";
import { aPulumi, NOBODY } from "../a-pulumi.ts";
import { aState, told } from "./a-state.ts";

let its: Awaited<ReturnType<typeof aState>>;
/** The lab's directory of a stack `ha`. */
let ha: string;
beforeEach(async () => {
  its = await aState();
  ha = its.lab("ha");
});

/** What is found of the test's own lab hosts: others may run on the machine. */
const found = async (backend: string | undefined = its.backend) =>
  (await hostFindings(backend)).filter(({ problem }) => problem.includes(its.scratch));

describe("a lab host that runs and that no stack has", () => {
  it("is found, and ended with its directory", async () => {
    await its.know("ha");
    await its.know("dr", { recorded: [its.lab("dr")] });
    const host = await aLabHost(ha);
    const [finding] = await found();
    expect(finding).toMatchObject({
      kind: "unknown-host",
      level: "warning",
      problem: `The lab host in ${ha} (PID ${host.pid}) runs and belongs to no stack.`,
      fix: FIX,
    });
    await finding?.repair?.();
    expect(host.lives()).toBe(false);
    expect(existsSync(ha)).toBe(false);
    expect(await found()).toEqual([]);
  });

  it("is not ended if a stack has it by then, or somebody works on it", async () => {
    const host = await aLabHost(ha);
    const [finding] = await found();
    await holdingStack("ha", async () => {
      await expect(finding?.repair?.()).rejects.toThrow("is locked by another process");
    });
    const pulumi = await aPulumi();
    const lock = { pid: pulumi.pid, username: "me", hostname: hostname(), timestamp: new Date().toISOString() };
    const file = await its.lock("ha", lock);
    await expect(finding?.repair?.()).rejects.toThrow("is now in use");
    await rm(file);
    await its.know("ha", { recorded: [ha] });
    await expect(finding?.repair?.()).rejects.toThrow("is now in use");
    expect(host.lives()).toBe(true);
    expect(existsSync(join(ha, "lvs-lab"))).toBe(true);
  });

  it("is left alone in a directory without the mark, which is named", async () => {
    const host = await aLabHost(ha, { mark: false });
    const [finding, ...others] = await found();
    expect(others).toEqual([]);
    expect(finding?.repair).toBeUndefined();
    expect(finding?.problem).toContain("the directory is not marked as a lab's");
    expect(finding?.fix).toContain(`kill -KILL ${host.pid}`);
  });

  it("is left alone where Pulumi has never kept a stack: it may do so elsewhere", async () => {
    await rm(its.stacks, { recursive: true });
    await aLabHost(ha);
    const findings = await found();
    expect(told(findings)).toEqual(["warning unknown-host"]);
    expect(findings[0]?.fix).toBe("npm run down -- -s ha");
  });
});

describe("a lab host is not found", () => {
  it.each([
    ["when a stack has it", () => its.know("ha", { recorded: [ha] })],
    ["when a stack of another name has it", () => its.know("other", { recorded: ["/elsewhere", ha] })],
    ["while a stack is about to have it", () => its.know("ha", { pending: [ha] })],
    ["when a state cannot be read", async () => truncate(await its.know("dr"), 20)],
  ])("%s", async (_when, arrange) => {
    await arrange();
    await aLabHost(ha);
    expect(await found()).toEqual([]);
  });

  it("while a command of ours has its stack", async () => {
    await aLabHost(ha);
    expect(await holdingStack("ha", () => found())).toEqual([]);
    expect(told(await found())).toEqual(["warning unknown-host, can be fixed"]);
  });

  it("while a pulumi has its stack; one that was killed counts for nothing", async () => {
    await aLabHost(ha);
    const { pid } = await aPulumi();
    const lock = { pid, username: "me", hostname: hostname(), timestamp: new Date().toISOString() };
    await its.lock("ha", lock);
    expect(await found()).toEqual([]);
    await its.lock("ha", { ...lock, pid: NOBODY });
    expect(told(await found())).toEqual(["warning unknown-host, can be fixed"]);
  });

  it("where stacks are kept elsewhere", async () => {
    await aLabHost(ha);
    expect((await hostFindings(undefined)).filter(({ problem }) => problem.includes(ha))).toEqual([]);
  });
});

describe("a lab host whose directory has been removed", () => {
  it("is found by its process, and ended", async () => {
    const host = await aLabHost(ha);
    await its.know("ha", { recorded: [ha] });
    await rm(ha, { recursive: true });
    const findings = await found();
    expect(told(findings)).toEqual(["warning unknown-host, can be fixed"]);
    expect(findings[0]?.problem).toBe(
      `The lab host of ${ha} (PID ${host.pid}) runs without its directory, which was removed.`,
    );
    // Also where stacks are kept elsewhere.
    expect((await hostFindings(undefined)).map(({ problem }) => problem)).toContain(findings[0]?.problem);
    await findings[0]?.repair?.();
    expect(host.lives()).toBe(false);
    await findings[0]?.repair?.();
  });

  it("is not the one that was started there afterwards", async () => {
    const old = await aLabHost(ha);
    await rm(ha, { recursive: true });
    const young = await aLabHost(ha);
    await its.know("ha", { recorded: [ha] });
    const [finding, ...others] = await found();
    expect(others).toEqual([]);
    expect(finding?.problem).toContain(`(PID ${old.pid})`);
    await finding?.repair?.();
    expect([old.lives(), young.lives()]).toEqual([false, true]);
  });

  it("is none of a container's, whose files are not seen from here", async () => {
    const child = await aProcess(
      `mount -t tmpfs tmpfs "$1" && mkdir -p "$2" && mount --bind "$2" "$2" && printf 'echo there\\nsleep 1000; :\\n' >"$2/init.sh" &&
       exec /bin/bash "$2/init.sh" "$2" /c/qemu-capabilities 3142`,
      its.scratch,
      join(its.scratch, "labs/ha"),
    );
    expect(runningHosts().map(({ directory, lost }) => ({ directory, lost }))).toContainEqual({
      directory: join(its.scratch, "labs/ha"),
      lost: false,
    });
    vi.stubEnv("TMPDIR", "/nowhere");
    expect(await found()).toEqual([]);
    expect(child.exitCode).toBeNull();
  });
});

/** A process that is PID 1 of a namespace, and has a mount namespace; it has begun when it has printed something. */
async function aProcess(script: string, ...words: string[]) {
  const namespaces = [...becomeRoot(), "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "--"];
  const child = spawn("unshare", [...namespaces, "sh", "-c", script, "sh", ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  await once(child.stdout, "data");
  return child;
}

describe("a process is no lab host of ours", () => {
  const isTaken = (pid: number) => runningHosts().some((host) => host.pid === pid);

  it.each([
    ["another project's init.sh", 'exec sh -c "echo; sleep 1000; :" "/app/init.sh" "/data"'],
    [
      "an init.sh of another directory",
      `exec bash -c 'echo; sleep 1000; :' /app/init.sh /data /c/qemu-capabilities 3142`,
    ],
    ["an init of ours without its further words", `exec -a x bash -c 'echo; sleep 1000; :' /data/init.sh /data`],
  ])("that has the command line of %s", async (_what, script) => {
    await aProcess(`exec bash -c '${script.replaceAll("'", `'\\''`)}'`);
    // Other labs of this user may come and go meanwhile.
    expect(runningHosts().map(({ directory }) => directory)).not.toContain("/data");
  });

  it("that is PID 1 of nothing", async () => {
    await mkdir(ha, { recursive: true });
    const words = [join(ha, "init.sh"), ha, "/c/qemu-capabilities", "3142"];
    const child = spawn(
      "/bin/bash",
      ["-c", 'printf "echo; read -r end\\n" >"$1"; exec /bin/bash "$@"', "bash", ...words],
      {
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    const ended = once(child, "exit");
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await ended;
    });
    await once(child.stdout, "data");
    expect(isTaken(child.pid as number)).toBe(false);
  });
});

describe("a lab host outside of this state directory", () => {
  const other = () => join(its.scratch, "other/labs/ha");
  beforeEach(() => vi.stubEnv("TMPDIR", "/nowhere"));

  it("is found, and left alone: another shell may have set LVS_LAB_STATE", async () => {
    const host = await aLabHost(other());
    const [finding, ...others] = await found();
    expect(others).toEqual([]);
    expect(finding?.repair).toBeUndefined();
    expect(finding?.problem).toContain(
      `${other()} (PID ${host.pid}) runs outside this state directory and belongs to no stack`,
    );
    expect(finding?.fix).toBe(`kill -KILL ${host.pid}, then remove the directory`);
  });

  it("is named with the state directory that it lies in", async () => {
    await aLabHost(other());
    await mkdir(join(its.scratch, "other/pulumi/.pulumi"), { recursive: true });
    expect((await found())[0]?.fix).toBe(`LVS_LAB_STATE=${join(its.scratch, "other")} ${FIX}`);
  });

  it("is not found when a stack there has it, or one here, or tests do with it what they like", async () => {
    await aLabHost(other());
    vi.stubEnv("TMPDIR", dirname(its.scratch));
    expect(await found()).toEqual([]);
    vi.stubEnv("TMPDIR", "/nowhere");
    expect(await found()).toHaveLength(1);
    await its.know("ha", { recorded: [other()] });
    expect(await found()).toEqual([]);
  });
});
