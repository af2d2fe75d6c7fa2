// @ts-check
/** Output of `lvs-lab doctor`, for the full command and for the one before the set-up. */

/**
 * A printed finding. `fixable`: whether `--fix` can fix it; `fixed`: whether it did; `failure`: why it failed.
 * @typedef {{ kind: string, level: "error" | "warning", problem: string, fix: string, fixable: boolean, fixed: boolean, failure?: string }}
 * Told
 */

/**
 * The JSON document.
 * @param {readonly Told[]} findings
 * @param {object} [more] further properties
 */
export const findingsDocument = (findings, more = {}) =>
  JSON.stringify({ format: "lvs-lab doctor", version: 1, findings, ...more }, null, 2);

const WIDTH = "warning  ".length;

/**
 * The findings as text, with a summary at the end.
 * @param {readonly Told[]} findings
 * @param {readonly string[]} [more] further lines
 */
export const findingsText = (findings, more = []) => [...findings.map(inWords), ...more, summary(findings)].join("\n");

/** @param {Told} finding */
const inWords = ({ level, problem, fix, fixed, failure }) => {
  const lines = [
    problem,
    ...(fixed ? [] : [`Fix: ${fix}`]),
    ...(failure === undefined ? [] : [`Not fixed: ${failure}`]),
  ];
  return `${(fixed ? "fixed" : level).padEnd(WIDTH)}${lines.join("\n").replaceAll("\n", `\n${" ".repeat(WIDTH)}`)}`;
};

/** @param {readonly Told[]} findings */
const summary = (findings) => {
  const left = findings.filter(({ fixed }) => !fixed);
  const fixed = findings.length - left.length;
  const fixable = left.filter((one) => one.fixable && one.failure === undefined).length;
  const count = (/** @type {"error" | "warning"} */ word) => {
    const many = left.filter(({ level }) => level === word).length;
    return `${many} ${word}${many === 1 ? "" : "s"}`;
  };
  const parts = [
    left.length === 0 ? "Nothing is wrong" : `${count("error")}, ${count("warning")}`,
    ...(fixed > 0 ? [`${fixed} fixed`] : []),
    ...(fixable > 0 ? [`--fix fixes ${fixable}`] : []),
  ];
  return `${parts.join("; ")}.`;
};

/** The exit status. @param {readonly Told[]} findings @returns {0 | 1} 1 if an error is left */
export const statusOf = (findings) => (findings.some(({ level, fixed }) => level === "error" && !fixed) ? 1 : 0);
