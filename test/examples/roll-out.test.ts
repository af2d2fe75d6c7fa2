/** New files on running directors, as docs/rehearse.md tells of them, and what `rehearse pack` makes of such a roll-out. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../cli/pulumi.ts";
import type { RollOutResult } from "../../rehearse/reload/result.ts";
import { TestStack } from "../e2e/stack.ts";

const shipped = join(projectRoot, "rehearsals/web-pair");

describe("a roll-out on two directors", () => {
  const stack = new TestStack("rehearse-roll-out");
  const scratch = (name: string): string => join(process.env.LVS_LAB_STATE ?? "", name);
  afterAll(() => stack.remove());

  /** A copy of the pair with a change in each director's file. */
  function changedPair(name: string, change: (text: string) => string): string {
    const folder = scratch(name);
    cpSync(shipped, folder, { recursive: true });
    for (const director of ["lb1.conf", "lb2.conf"]) {
      const file = join(folder, director);
      const text = readFileSync(file, "utf8");
      expect(change(text)).not.toBe(text);
      writeFileSync(file, change(text));
    }
    return folder;
  }

  async function rollOut(to: string): Promise<{ status: number | null; output: string; result: RollOutResult }> {
    const options = ["--from", shipped, "--to", to, "--keep", "--report", stack.reports];
    const { status, stdout, stderr } = await stack.lvs("rehearse run", ...options);
    const output = stdout + stderr;
    const file = join(stack.reports, "roll-out.json");
    expect(existsSync(file), output).toBe(true);
    return { status, output, result: JSON.parse(readFileSync(file, "utf8")) as RollOutResult };
  }

  // keepalived complains of the script: nothing says that only root may change what it runs. It runs it all the same.
  const alive = `vrrp_script alive {\n    script "/bin/true"\n    interval 2\n}\n`;

  test("of another interval of health checks, and a script, loses nothing, moves nothing", async () => {
    const { status, output, result } = await rollOut(
      changedPair("slower-checks", (text) =>
        text
          .replaceAll("delay_loop 3", "delay_loop 4")
          .replace("vrrp_instance VI_1 {", `${alive}vrrp_instance VI_1 {\n    track_script {\n        alive\n    }`),
      ),
    );
    expect(status, output).toBe(0);
    expect(output).toMatch(/^keepalived --config-test says of lb1:\n {2}SECURITY VIOLATION/m);
    expect(result).toMatchObject({ finished: true, passed: true, service: "192.0.2.100:80" });
    expect(result.reloads.map(({ director, lost, broken }) => [director, lost, broken])).toEqual([
      ["lb2", 0, 0],
      ["lb1", 0, 0],
    ]);
    expect(result.reloads.flatMap(({ held }) => held)).toEqual(
      Array(2).fill({ address: "192.0.2.100", before: ["lb1"], after: ["lb1"], elected: ["lb1"] }),
    );
  });

  test("of another password has two masters in between, and is packed without either password", async () => {
    const to = changedPair("new-password", (text) => text.replace("auth_pass 1111", "auth_pass tops3cr3"));
    const { status, output, result } = await rollOut(to);
    expect(status, output).toBe(1);
    expect(result.reloads.map(({ director, passed }) => [director, passed])).toContainEqual(["lb2", false]);
    expect(result.reloads[0]?.held).toEqual([
      { address: "192.0.2.100", before: ["lb1"], after: ["lb1", "lb2"], elected: ["lb1"] },
    ]);

    const archive = scratch("roll-out.tar.gz");
    const pack = ["pack", "--from", shipped, "--to", to, "--report", stack.reports, "--out", archive];
    const printed = execFileSync(join(projectRoot, "cli/lvs-lab"), ["rehearse", ...pack], { encoding: "utf8" });
    expect(printed).toMatch(/auth_pass: runs\/.*\/capture\.pcap: \d+ packets/);
    execFileSync("tar", ["-xzf", archive], { cwd: scratch("") });
    const inside = scratch("new-password-roll-out");
    expect(readdirSync(inside)).toEqual(expect.arrayContaining(["web-pair", "new-password", "roll-out.json", "runs"]));
    expect(readFileSync(join(inside, "README.md"), "utf8")).toContain("--from web-pair --to new-password\n");
    const withSecret = spawnSync("grep", ["--recursive", "--text", "--files-with-matches", "tops3cr3", inside]);
    expect(String(withSecret.stdout)).toBe("");
  });
});
