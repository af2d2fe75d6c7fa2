// @ts-check

/**
 * The runtime options of Pulumi.yaml (`runtime: {name: nodejs, options: …}`) that a run depends on.
 * @typedef {{ typescript: boolean, tsconfig: string | undefined, nodeargs: string[] }} RuntimeOptions
 */

/**
 * Reads the runtime options. As in Pulumi's own host, `typescript` (compile with ts-node) is on unless it is set to
 * false; options that concern other package managers are left alone.
 * @param {Record<string, unknown>} options
 * @returns {RuntimeOptions}
 * @throws {Error} naming the option whose value has the wrong type
 */
export const parseOptions = (options) => {
  const { typescript = true, tsconfig, nodeargs = "" } = options;
  if (typeof typescript !== "boolean") throw wrongType("typescript", "a boolean", typescript);
  if (tsconfig !== undefined && typeof tsconfig !== "string") throw wrongType("tsconfig", "a string", tsconfig);
  if (typeof nodeargs !== "string") throw wrongType("nodeargs", "a string", nodeargs);
  return { typescript, tsconfig, nodeargs: splitArguments(nodeargs) };
};

/** @param {string} option @param {string} wanted @param {unknown} found */
const wrongType = (option, wanted, found) =>
  new Error(`Pulumi.yaml: runtime option ${option} must be ${wanted}, not ${JSON.stringify(found)}`);

/**
 * Splits a command line into arguments at blanks; quotes, single or double, keep blanks together.
 * @param {string} line
 * @returns {string[]}
 */
export const splitArguments = (line) =>
  (line.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? []).map((word) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single),
  );
