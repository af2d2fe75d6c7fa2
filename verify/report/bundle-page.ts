/** Bundles the report's page unless it is in the cache. */
import { pageBundle } from "./bundle.ts";

await pageBundle();
