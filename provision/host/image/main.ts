/** Builds the plain guest image unless it is in the cache: progress on stderr, its directory on stdout. */
import { buildGuestImage } from "./build.ts";

const image = await buildGuestImage({ packages: "plain" }, { onProgress: (message) => console.error(message) });
console.log(image.directory);
