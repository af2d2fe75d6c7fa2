// @ts-check
import { join } from "node:path";
import { contentHash } from "./content-hash.mjs";
import { cacheRoot, projectRoot } from "./paths.mjs";

/** The sources of the report's page: its script and its style sheet. */
export const pageEntries = ["main.ts", "style.css"].map((name) => join(projectRoot, "verify/report/page", name));

/** Everything that the bundle depends on; the lock file stands for its packages. */
export const pageSources = [
  "verify/report/page",
  "verify/report/steps.ts",
  "verify/report/bundle.ts",
  "package-lock.json",
];

/** Path of the bundle of the current sources. */
export const pageDirectory = () => join(cacheRoot(), "report-page", contentHash(projectRoot, pageSources));
