// @ts-check
import { buildFrom, isBuilt } from "./built-from.mjs";

const PROGRAM = "tools/setup/build-userland.ts";
const sources = ["provision/host/userland", PROGRAM];

/** @type {import("./run-steps.mjs").Step} */
export const userland = {
  name: "userland",
  needs: ["mmdebstrap", "npm packages"],
  does: "makes the root file system that lab hosts run in, from Debian packages",
  takes: "one to two minutes",
  isDone: () => isBuilt("userland", sources),
  run: (context) => buildFrom("userland", sources, PROGRAM, context),
};
