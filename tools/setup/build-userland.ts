/** Builds the lab host's userland unless it is in the cache: progress on stderr, its root on stdout. */
import { userland } from "../../provision/host/userland/userland.ts";

const { root } = await userland({ onProgress: (message) => console.error(message) });
console.log(root);
