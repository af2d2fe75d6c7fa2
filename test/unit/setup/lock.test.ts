import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { projectRoot } from "../../../provision/paths.ts";
import { LockHeldError, withLock } from "../../../setup/lock.mjs";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lvs-lab-lock-"));
});
afterEach(() => rm(directory, { recursive: true }));

it("lets one holder in at a time, and the next one after a failure", async () => {
  const file = join(directory, "below", "lock");
  let inside = 0;
  let most = 0;
  const enter = (fail: boolean) => async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 20));
    inside--;
    if (fail) throw new Error("failed inside");
    return "done";
  };
  const results = await Promise.allSettled([true, false, false].map((fail) => withLock(file, enter(fail))));
  expect(most).toBe(1);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
});

/** A process of its own that holds the lock until it is killed. */
async function holderOf(file: string) {
  const lock = JSON.stringify(join(projectRoot, "setup/lock.mjs"));
  const script = `import { withLock } from ${lock};
    await withLock(${JSON.stringify(file)}, () => new Promise(() => { console.log("held"); setInterval(() => {}, 1000); }));`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
}

describe("with a time to wait at most", () => {
  it("runs the action where nobody holds the lock", async () => {
    expect(await withLock(join(directory, "lock"), async () => "done", { seconds: 1 })).toBe("done");
  });

  it("gives up when another process holds it to the end, and the action never runs", async () => {
    const file = join(directory, "lock");
    const kill = await holderOf(file);
    let ran = false;
    const begin = performance.now();
    const action = async () => {
      ran = true;
    };
    await expect(withLock(file, action, { seconds: 1 })).rejects.toThrow(LockHeldError);
    expect(ran).toBe(false);
    expect(performance.now() - begin).toBeLessThan(5000);
    await kill();
  });

  it("gets the lock of a process that is killed meanwhile", async () => {
    const file = join(directory, "lock");
    const kill = await holderOf(file);
    const entered = withLock(file, async () => "done", { seconds: 10 });
    await kill();
    expect(await entered).toBe("done");
  });

  it("passes on an error of the action's own", async () => {
    const failing = withLock(join(directory, "lock"), () => Promise.reject(new Error("failed inside")), { seconds: 1 });
    await expect(failing).rejects.toThrow("failed inside");
  });
});

it("a file that cannot be made is the file system's error", async () => {
  await writeFile(join(directory, "file"), "");
  await expect(withLock(join(directory, "file/lock"), async () => {})).rejects.toMatchObject({ code: "EEXIST" });
  await expect(withLock(directory, async () => {})).rejects.toMatchObject({ code: "EISDIR" });
});
