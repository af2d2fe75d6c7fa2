import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { commandLine } from "../../provision/host/machine/processes.ts";
import type { TestStack } from "./stack.ts";

/** Insists that nothing is left of a lab that was taken away: no process, no mount, no file, no resource. */
export async function expectNothingLeft(stack: TestStack): Promise<void> {
  expect(existsSync(stack.directory)).toBe(false);
  const commands = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => commandLine(Number(pid)).join(" "));
  expect(commands.filter((command) => command.includes(stack.directory))).toEqual([]);
  expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(stack.directory);
  const { stdout } = await stack.pulumi("stack", "export");
  expect(JSON.parse(stdout).deployment.resources ?? []).toHaveLength(0);
}
