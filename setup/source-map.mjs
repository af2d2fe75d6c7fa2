// @ts-check
/**
 * Source maps of which one line is read without the others. The mappings of a line build on those of the lines before it, and to decode all of the command
 * line's takes a quarter of a second. So a map is written with marks: what the lines before each hundredth line come to.
 */
import { createRequire } from "node:module";

/**
 * A source map (ECMA-426) with marks.
 * @typedef {{ sources: string[], mappings: string, x_marks: Mark[] }} MarkedMap
 */

/**
 * Where the mappings of a line begin in `mappings`, and the source, line and column that its first mapping is relative to.
 * @typedef {[offset: number, source: number, line: number, column: number]} Mark
 */

/** Compiled lines from one mark to the next. */
const LINES = 100;

/** Loaded with the first map: a program that prints no stack trace needs none. */
const decode = (/** @type {string} */ mappings) =>
  /** @type {typeof import("@jridgewell/sourcemap-codec")} */ (
    createRequire(import.meta.url)("@jridgewell/sourcemap-codec")
  ).decode(mappings);

/**
 * @param {{ sources: string[], mappings: string }} map
 * @returns {MarkedMap}
 */
export function withMarks(map) {
  /** @type {Mark[]} */
  const marks = [];
  let [offset, source, line, column] = [0, 0, 0, 0];
  const texts = map.mappings.split(";");
  for (const [index, segments] of decode(map.mappings).entries()) {
    if (index % LINES === 0) marks.push([offset, source, line, column]);
    offset += (texts[index]?.length ?? 0) + 1;
    const last = segments.findLast((segment) => segment.length > 1);
    if (last) [, source, line, column] = /** @type {[number, number, number, number]} */ (last);
  }
  return { ...map, x_marks: marks };
}

/**
 * The place in the sources of a place in the compiled file, all counted from 0.
 * @param {MarkedMap} map
 * @param {number} line
 * @param {number} column
 * @returns {{ source: string, line: number, column: number } | undefined}
 */
export function placeInSources({ sources, mappings, x_marks: marks }, line, column) {
  const index = Math.floor(line / LINES);
  const mark = marks[index];
  if (mark === undefined) return undefined;
  const [offset, ...before] = mark;
  const lines = decode(mappings.slice(offset, marks[index + 1]?.[0]));
  const found = lines[line % LINES]?.findLast(([from]) => from <= column);
  if (found === undefined || found.length === 1) return undefined;
  const [, source, itsLine, itsColumn] = found;
  const path = sources[before[0] + source];
  return path === undefined ? undefined : { source: path, line: before[1] + itsLine, column: before[2] + itsColumn };
}
