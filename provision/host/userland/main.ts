/** Builds the lab host's userland unless it is in the cache: progress on stderr, its root on stdout. */
import { userland } from "./userland.ts";

const { root } = await userland({ onProgress: (message) => console.error(message) });
console.log(root);
