import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../provision/until.ts";
import { withLock } from "../../setup/lock.mjs";
import { Checkout } from "./a-checkout.ts";

let checkout: Checkout;
beforeAll(async () => {
  checkout = await Checkout.make();
  // All is real but for what would be built: `up` ends before it makes anything.
  const refusal = 'Object.assign(new RunError("nothing is built here"), { stack: "" })';
  await writeFile(
    join(checkout.root, "stacks/main.mjs"),
    `import { RunError } from "@pulumi/pulumi";
export default async () => {
  await new Promise((resolve) => setTimeout(resolve, Number(process.env.STUB_MS ?? 0)));
  throw ${refusal};
};
`,
  );
}, 60_000);
afterAll(() => checkout.remove());

const folder = (): string => join(checkout.state, "../teacher");
const aClass = async (ids: readonly string[], more = ""): Promise<string> => {
  await mkdir(folder(), { recursive: true });
  await writeFile(join(folder(), "roster.csv"), ["id,name", ...ids.map((id) => `${id},${id}`)].join("\n"));
  const text = "name: net1\nexercise: bare\nroster: roster.csv\nlabsAtOnce: 2\nvary: [vip, token]\n";
  await writeFile(join(folder(), "class.yaml"), text + more);
  return join(folder(), "class.yaml");
};
const stackFile = (stack: string): string => join(checkout.root, `Pulumi.${stack}.yaml`);

// The real pulumi, and each command starts a Node of its own.
describe("the stacks of a class", { timeout: 180_000 }, () => {
  it("are made and configured with the student's own lab file; a failure has pulumi's reason, and its log", async () => {
    const file = await aClass(["alice", "Bob"]);
    const { status, stdout, stderr } = await checkout.lvsLabWith(
      { LVS_LAB_IGNORE_MEMORY: "1" },
      "class",
      "up",
      "--file",
      file,
    );
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    const log = join(checkout.state, "classes/net1/log/net1.alice.up.log");
    expect(stderr).toMatch(/^0 of 2 done, 2 failed$/m);
    expect(stderr).toMatch(new RegExp(`^alice: .*nothing is built here.*\\. To see it: cat ${log}$`, "m"));
    expect(await readFile(log, "utf8")).toContain("nothing is built here");
    for (const stack of ["net1.alice", "net1.bob"])
      expect(await readFile(stackFile(stack), "utf8")).toContain(
        `lvs-lab:lab: ${join(checkout.state, `classes/net1/labs/${stack}.yaml`)}`,
      );
    expect((await checkout.pulumi("stack", "ls", "--json")).stdout).toMatch(/"net1\.alice"[\s\S]*"net1\.bob"/);
    expect(await checkout.git("status", "--porcelain")).toBe(" M stacks/main.mjs\n");
  });

  it("name the machine that was chosen for them, and this one again where it is the class's only one", async () => {
    const up = async (machines: string): Promise<string> => {
      const file = await aClass(["zoe"], machines);
      await checkout.lvsLabWith({ LVS_LAB_IGNORE_MEMORY: "1" }, "class", "up", "--file", file);
      return await readFile(stackFile("net1.zoe"), "utf8");
    };
    expect(await up("machines: ['ssh://teacher@box1']\n")).toContain("lvs-lab:host: ssh://teacher@box1\n");
    expect(await up("")).toContain("lvs-lab:host: private\n");
  });

  it("are not taken from others: a stack that was there before is left as it is, and the other students go on", async () => {
    await checkout.pulumi("stack", "select", "--create", "net1.carol");
    await checkout.pulumi("config", "set", "lab", "labs/ha.yaml", "--stack", "net1.carol");
    const before = await readFile(stackFile("net1.carol"), "utf8");
    const file = await aClass(["carol", "dora"]);
    const { stderr } = await checkout.lvsLabWith({ LVS_LAB_IGNORE_MEMORY: "1" }, "class", "up", "--file", file);
    expect(stderr).toContain('carol: the stack "net1.carol" is there already, and not of this class. Fix: ');
    expect(stderr).toMatch(/^dora: .*nothing is built here/m);
    expect(await readFile(stackFile("net1.carol"), "utf8")).toBe(before);
    const down = await checkout.lvsLab("class", "down", "--file", file, "--student", "carol");
    expect(down.status).toBe(0);
    expect(down.stderr).toContain("carol: no lab");
  });

  it("are waited for while another command works on one; two commands do not work on a class at once", async () => {
    const file = await aClass(["eve"]);
    const lock = join(checkout.state, "locks/net1.eve.lock");
    const [up, second] = await withLock(lock, async () => {
      const first = checkout.lvsLabWith({ LVS_LAB_IGNORE_MEMORY: "1" }, "class", "up", "--file", file);
      await delay(5000);
      expect(existsSync(stackFile("net1.eve"))).toBe(false);
      return [first, await checkout.lvsLab("class", "down", "--file", file)] as const;
    });
    expect(second.status).toBe(1);
    expect(second.stderr).toBe("lvs-lab: another command works on the class net1. Fix: wait for it, or end it\n");
    const { stderr } = await up;
    expect(stderr).toMatch(/^eve: waits: the stack "net1\.eve" is in use/m);
    expect(stderr).toMatch(/^eve: .*nothing is built here/m);
  });

  it("go on without a killed `class up`: a further one waits for what that began, and does it again", async () => {
    const file = await aClass(["fred"]);
    const more = { LVS_LAB_IGNORE_MEMORY: "1", STUB_MS: "12000" };
    const killed = spawn(join(checkout.root, "cli/lvs-lab"), ["class", "up", "--file", file], {
      ...{ cwd: checkout.root, env: checkout.environment(more), stdio: "ignore" },
    });
    const ended = once(killed, "exit");
    const note = join(checkout.state, "locks/net1.fred.json");
    const holder = await until(
      async () => {
        const { holder: found } = JSON.parse(await readFile(note, "utf8"));
        if (found?.command !== "lvs-lab up --stack net1.fred") throw new Error("it has not begun");
        return found as { pid: number };
      },
      { seconds: 60, everyMs: 50, failed: (last) => last as Error },
    );
    killed.kill("SIGKILL");
    await ended;
    const further = await checkout.lvsLabWith({ LVS_LAB_IGNORE_MEMORY: "1" }, "class", "up", "--file", file);
    expect(further.stderr).toMatch(
      new RegExp(`^fred: waits: .*\`lvs-lab up --stack net1\\.fred\` \\(PID ${holder.pid}\\)`, "m"),
    );
    expect(further.stderr).toMatch(/^fred: nothing is built here\. To see it/m);
  });

  it("are gone from the machine after `class down`, but for their names; it needs no lab to be up", async () => {
    const file = await aClass(["alice", "Bob"]);
    const { status, stderr } = await checkout.lvsLab("class", "down", "--file", file);
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining("2 of 2 done") });
  });

  it("are the class's own still when the state directory is gone: their files are left, and name its lab files", async () => {
    const file = await aClass(["alice"]);
    await rm(checkout.state, { recursive: true });
    const { stderr } = await checkout.lvsLabWith({ LVS_LAB_IGNORE_MEMORY: "1" }, "class", "up", "--file", file);
    expect(stderr).toMatch(/^alice: nothing is built here\. To see it/m);
  });
});
