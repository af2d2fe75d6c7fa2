// @ts-check
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../lock.mjs";
import { cacheRoot, projectRoot } from "../paths.mjs";
import { run } from "./command.mjs";

const wantedFile = join(projectRoot, "package-lock.json");
/** npm's record of the installed packages, written last. */
const installedFile = join(projectRoot, "node_modules/.package-lock.json");

/** Interval in ms for counting unpacked packages: npm itself reports no progress. */
const POLL_MS = 500;

/** @type {import("./run-steps.mjs").Step} */
export const nodeModules = {
  name: "npm packages",
  needs: [],
  does: "npm ci",
  takes: "half a minute",
  isDone: () => isDone(),
  run: ({ log, signal, progress }) =>
    withLock(
      checkoutLock("npm"),
      async () => {
        if (isDone()) return;
        const wanted = JSON.parse(readFileSync(wantedFile, "utf8"));
        const timer = setInterval(() => {
          const { done, of } = countUnpacked(wanted, (path) => existsSync(join(projectRoot, path, "package.json")));
          if (done < of) progress(`${done} of ${of} packages`, done / of);
          else progress("running install scripts");
        }, POLL_MS);
        try {
          await run(["npm", "ci", "--no-progress"], { cwd: projectRoot, log, signal });
        } finally {
          clearInterval(timer);
        }
      },
      { signal, onWait: () => progress("waiting for another set-up") },
    ),
};

/**
 * A lock for files in this checkout, kept outside of it.
 * @param {string} what
 * @returns {string} its file
 */
export const checkoutLock = (what) => {
  const checkout = createHash("sha256").update(projectRoot).digest("hex").slice(0, 16);
  return join(cacheRoot(), "locks", `${what}-${checkout}`);
};

const isDone = () =>
  existsSync(installedFile) &&
  isInstalled(JSON.parse(readFileSync(wantedFile, "utf8")), JSON.parse(readFileSync(installedFile, "utf8")));

/**
 * @typedef {{ packages: Record<string, { version?: string, integrity?: string, resolved?: string, optional?: boolean, devOptional?: boolean }> }} Lock
 */

/**
 * Compares the lock file with npm's record: every package must be installed in its exact version, and no other. Optional packages may be
 * missing: they may be for other machines.
 * @param {Lock} wanted
 * @param {Lock} installed
 * @returns {boolean}
 */
export const isInstalled = (wanted, installed) => {
  const stray = Object.keys(installed.packages).some((path) => !wanted.packages[path]);
  if (stray) return false;
  return Object.entries(wanted.packages).every(([path, entry]) => {
    const found = installed.packages[path];
    if (path === "") return true;
    if (!found) return entry.optional || entry.devOptional || false;
    return found.version === entry.version && found.integrity === entry.integrity && found.resolved === entry.resolved;
  });
};

/**
 * Counts the unpacked packages among those that every machine needs.
 * @param {Lock} wanted
 * @param {(path: string) => boolean} isUnpacked
 */
export const countUnpacked = ({ packages }, isUnpacked) => {
  const needed = Object.keys(packages).filter((path) => path.includes("node_modules/") && !packages[path]?.optional);
  return { done: needed.filter(isUnpacked).length, of: needed.length };
};
