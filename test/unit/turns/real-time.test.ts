import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, expect, it } from "vitest";
import { $ } from "zx";
import { realTime } from "../../turns/real-time.ts";

/** Starts a `sleep` for each line that it reads, and prints its PID. */
const shell = spawn("bash", ["-c", "while read -r _; do sleep 60 & echo $!; done; kill $(jobs -p)"]);
afterAll(async () => {
  shell.stdin.end();
  await once(shell, "exit");
});

async function started(): Promise<number> {
  shell.stdin.write("\n");
  return Number(String((await once(shell.stdout, "data"))[0]));
}

const policyOf = async (pid: number): Promise<string | undefined> =>
  /scheduling policy: (\S+)/.exec((await $`chrt --pid ${pid}`).stdout)?.[1];

const permitted = (await $({ nothrow: true })`chrt --rr 1 true`).exitCode === 0;

it.skipIf(!permitted)(
  "what is measured comes first, with its children, also those to come, until it is done",
  async () => {
    const before = await started();
    const giveBack = await realTime(() => [shell.pid as number, 999_999_999]); // one that has ended
    const later = await started();
    for (const pid of [shell.pid as number, before, later]) expect(await policyOf(pid)).toBe("SCHED_RR");
    await giveBack?.();
    for (const pid of [shell.pid as number, before, later]) expect(await policyOf(pid)).toBe("SCHED_OTHER");
  },
);

it("says if it is not permitted", async () => {
  const script =
    'import("./test/turns/real-time.ts").then(async (one) => console.log(await one.realTime(() => [process.pid])))';
  const drop = permitted ? ["setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice"] : [];
  const { stdout } = await $`${drop} ${process.execPath} --import tsx --eval ${script}`;
  expect(stdout).toBe("undefined\n");
});
