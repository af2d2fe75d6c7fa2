// @ts-check
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { contentHash } from "../content-hash.mjs";
import { cacheRoot, projectRoot } from "../paths.mjs";
import { run } from "./command.mjs";

/** Says from which sources a thing was made, and where it is: so that nothing has to be loaded to see that it is there. @param {string} name */
const record = (name) => join(cacheRoot(), `setup/${name}.json`);

/**
 * @param {string} name of the thing
 * @param {string[]} sources what it is made from, relative to the project's root
 * @returns {boolean} whether it is in the cache, made from its sources as they are now
 */
export const isBuilt = (name, sources) => {
  try {
    const made = JSON.parse(readFileSync(record(name), "utf8"));
    return made.sources === contentHash(projectRoot, sources) && existsSync(made.directory);
  } catch {
    return false; // not there, or half written by a run that was killed
  }
};

/**
 * The stages of a build: the lines that it tells as each begins, in their order, with the seconds that it took where that was measured. Only
 * their ratios count.
 * @typedef {[line: string, seconds: number][]} Stages
 */

/**
 * @param {Stages} stages
 * @returns {(line: string) => number} the share of the work that is done when a line is told; one that begins no stage changes nothing
 */
export const followStages = (stages) => {
  const secondsOf = (/** @type {Stages} */ some) => some.reduce((sum, [, seconds]) => sum + seconds, 0);
  let begun = 0;
  return (line) => {
    // Two stages may be told by the same line.
    const next = stages.findIndex(([begins], index) => index >= begun && begins === line);
    if (next >= 0) begun = next + 1;
    return secondsOf(stages.slice(0, Math.max(0, begun - 1))) / secondsOf(stages);
  };
};

/**
 * Builds a thing by a TypeScript program, which tells its progress on stderr and prints the thing's directory.
 * @param {string} name
 * @param {string[]} sources
 * @param {string} program relative to the project's root
 * @param {Stages} stages
 * @param {import("./run-steps.mjs").StepContext} context
 */
export const buildFrom = async (name, sources, program, stages, { log, signal, progress }) => {
  const made = { sources: contentHash(projectRoot, sources), directory: "" };
  const shareAt = followStages(stages);
  await run([process.execPath, "--import", "tsx", program], {
    cwd: projectRoot,
    log,
    signal,
    onLine: (line) => {
      if (line.startsWith("/")) made.directory = line;
      else progress(line, shareAt(line));
    },
  });
  const file = record(name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(made));
  renameSync(`${file}.${process.pid}`, file);
};
