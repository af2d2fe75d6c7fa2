// @ts-check
import { findingsDocument, findingsText, statusOf } from "./findings.mjs";
import { machineFindings } from "./machine.mjs";

/**
 * `lvs-lab doctor` before the project's packages are installed: reports missing requirements of the machine.
 * @param {string[]} words the command's options
 * @returns {number} the exit status
 */
export const doctorBeforeSetup = (words) => {
  const findings = machineFindings().map((found) => ({ kind: "machine", ...found, fixable: false, fixed: false }));
  findings.push({
    kind: "set-up",
    level: "warning",
    problem: "The project's packages are not installed, so labs and the cache were not checked.",
    fix: "npm run setup",
    fixable: false,
    fixed: false,
  });
  console.log(
    words.some((word) => ["-j", "--json"].includes(word)) ? findingsDocument(findings) : findingsText(findings),
  );
  return statusOf(findings);
};
