// @ts-check
import { join } from "node:path";
import { contentHash } from "./content-hash.mjs";
import { cacheRoot, projectRoot } from "./paths.mjs";

/** What the report's page is bundled from: its script and its style sheet. */
export const pageEntries = ["main.ts", "style.css"].map((name) => join(projectRoot, "verify/report/page", name));

/** Everything that the bundle depends on; the lock file stands for the packages in it. */
export const pageSources = ["verify/report/page", "verify/report/bundle.ts", "package-lock.json"];

/** Where the bundle is, or is to be, for the sources as they are now. */
export const pageDirectory = () => join(cacheRoot(), "report-page", contentHash(projectRoot, pageSources));
