/** Bundles the report's page unless it is in the cache. */
import { pageBundle } from "../../verify/report/bundle.ts";

await pageBundle();
