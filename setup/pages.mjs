// @ts-check
import { join } from "node:path";
import { contentHash } from "./content-hash.mjs";
import { cacheRoot, projectRoot } from "./paths.mjs";

/**
 * A page with a script and a style sheet that are bundled from sources, once for each state of them.
 * @typedef {{ name: string, entries: readonly string[], sources: readonly string[] }} BundledPage `name`: its folder in the cache; `entries`: its
 * script and its style sheet; `sources`: everything that the bundle depends on, the lock file in place of packages
 */

const entriesIn = (/** @type {string} */ folder) =>
  ["main.ts", "style.css"].map((name) => join(projectRoot, folder, name));

/** The page of a report. @type {BundledPage} */
export const reportPage = {
  name: "report-page",
  entries: entriesIn("verify/report/page"),
  sources: ["verify/report/page", "verify/report/steps.ts", "verify/report/bundle.ts", "package-lock.json"],
};

/** The page of a class. @type {BundledPage} */
export const viewPage = {
  name: "view-page",
  entries: entriesIn("view/page"),
  sources: [
    "view/page",
    "view/tile.ts",
    "verify/report/page/base.css",
    "verify/report/page/theme.ts",
    "verify/report/bundle.ts",
    "package-lock.json",
  ],
};

/** Path of the bundle of a page's current sources. @param {BundledPage} page */
export const pageDirectory = ({ name, sources }) => join(cacheRoot(), name, contentHash(projectRoot, [...sources]));
