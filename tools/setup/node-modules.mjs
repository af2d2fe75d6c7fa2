// @ts-check
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../lock.mjs";
import { cacheRoot, projectRoot } from "../paths.mjs";
import { run } from "./command.mjs";

const wantedFile = join(projectRoot, "package-lock.json");
/** npm's own record of what it has installed, written when it is through. */
const installedFile = join(projectRoot, "node_modules/.package-lock.json");

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
        if (!isDone()) await run(["npm", "ci", "--no-progress"], { cwd: projectRoot, log, signal, onLine: progress });
      },
      { signal, onWait: () => progress("waiting for another set-up") },
    ),
};

/**
 * A lock for what lies in this checkout, kept outside of it.
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
 * Compares the lock file with npm's record: whether every package is there in its very version, and no other.
 * Optional ones may be missing: those for other machines are.
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
