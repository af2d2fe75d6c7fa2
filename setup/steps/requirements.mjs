// @ts-check
import { machineFindings } from "./machine.mjs";
import { SetupError } from "./setup-error.mjs";

/**
 * Checks the requirements that no step can provide, before the first step.
 * @throws {SetupError} naming each unmet requirement with the command that fixes it
 */
export const checkRequirements = () => {
  const findings = machineFindings();
  for (const { level, problem, fix } of findings) if (level === "warning") console.error(`${problem}\n  Fix: ${fix}`);
  const errors = findings.filter(({ level }) => level === "error");
  if (errors.length > 0) throw new SetupError(errors.map(({ problem, fix }) => `${problem}\n  Fix: ${fix}`).join("\n"));
};
