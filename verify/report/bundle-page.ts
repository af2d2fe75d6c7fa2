/** Bundles the pages of a report and of a class unless they are in the cache. */
import { reportPage, viewPage } from "../../setup/pages.mjs";
import { pageBundle } from "./bundle.ts";

for (const page of [reportPage, viewPage]) await pageBundle(page);
