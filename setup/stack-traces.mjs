// @ts-check
/** Stack traces of compiled programs that name the sources. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { placeInSources } from "./source-map.mjs";

/** A place in a compiled program. */
const place = /(file:\/\/[^\s()]+\.cjs):(\d+):(\d+)/;

/**
 * From now on, stack traces name the sources of compiled programs: files that have a source map beside them, `FILE.map`. The map is read when a
 * program first asks for a stack trace, which Node's streams do, too, when they are destroyed. Node's own way, `process.setSourceMapsEnabled`, reads it at
 * every start, which took a third of the time that a short command takes.
 */
export function nameSources() {
  Error.prepareStackTrace = (error, sites) =>
    [Error.prototype.toString.call(error), ...sites.map((frame) => `    at ${inSources(String(frame))}`)].join("\n");
}

/** @type {Map<string, import("./source-map.mjs").MarkedMap | undefined>} */
const maps = new Map();

/**
 * Frames by what they were compiled to: Pulumi's SDK asks for the stack at each promise.
 * @type {Map<string, string>}
 */
const frames = new Map();

/** A stack frame's text with the place in the sources. @param {string} compiled */
function inSources(compiled) {
  const known = frames.get(compiled) ?? named(compiled);
  frames.set(compiled, known);
  return known;
}

/** @param {string} frame */
function named(frame) {
  return frame.replace(place, (compiled, /** @type {string} */ url, line, column) => {
    const map = mapOf(url);
    const at = map && placeInSources(map, Number(line) - 1, Number(column) - 1);
    return at ? `${fileURLToPath(new URL(at.source, url))}:${at.line + 1}:${at.column + 1}` : compiled;
  });
}

/** @param {string} url */
function mapOf(url) {
  if (!maps.has(url)) maps.set(url, readMap(`${fileURLToPath(url)}.map`));
  return maps.get(url);
}

/** @param {string} file */
function readMap(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined; // not a compiled program
  }
}
