// @ts-check
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { contentHash } from "../content-hash.mjs";
import { cacheRoot, projectRoot } from "../paths.mjs";
import { run } from "./command.mjs";

/**
 * File that records a build's sources and directory: reading it shows whether the build exists, without loading code. @param {string} name
 */
const record = (name) => join(cacheRoot(), `setup/${name}.json`);

/**
 * @param {string} name of the build
 * @param {string[]} sources its sources, relative to the project's root
 * @returns {boolean} whether the cache has it, built from the current sources
 */
export const isBuilt = (name, sources) => {
  try {
    const made = JSON.parse(readFileSync(record(name), "utf8"));
    return made.sources === contentHash(projectRoot, sources) && existsSync(made.directory);
  } catch {
    return false; // missing, or left incomplete by a killed run
  }
};

/**
 * The stages of a build in order: the line that announces each, and its measured seconds. Only their ratios count.
 * @typedef {[line: string, seconds: number][]} Stages
 */

/**
 * @param {Stages} stages
 * @returns {(line: string) => number} the share of the work done when a line is printed; other lines change nothing
 */
export const followStages = (stages) => {
  const secondsOf = (/** @type {Stages} */ some) => some.reduce((sum, [, seconds]) => sum + seconds, 0);
  let begun = 0;
  return (line) => {
    // Two stages may have the same line.
    const next = stages.findIndex(([begins], index) => index >= begun && begins === line);
    if (next >= 0) begun = next + 1;
    return secondsOf(stages.slice(0, Math.max(0, begun - 1))) / secondsOf(stages);
  };
};

/**
 * Runs a TypeScript program that builds something; it prints progress on stderr and the result's directory on stdout.
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
