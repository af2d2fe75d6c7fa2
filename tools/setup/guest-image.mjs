// @ts-check
import { buildFrom, isBuilt } from "./built-from.mjs";

const PROGRAM = "tools/setup/build-image.ts";
const sources = ["provision/host/image", PROGRAM];

/** @type {import("./run-steps.mjs").Step} */
export const guestImage = {
  name: "guest image",
  needs: ["userland"],
  does: "makes the servers' disk, kernel and package pool from Debian packages",
  takes: "one to three minutes",
  isDone: () => isBuilt("guest-image", sources),
  run: (context) => buildFrom("guest-image", sources, PROGRAM, context),
};
