// @ts-check
import { buildFrom, isBuilt } from "./built-from.mjs";

const PROGRAM = "provision/host/image/main.ts";
const sources = ["provision/host/image", PROGRAM];

/** @type {import("./built-from.mjs").Stages} */
const stages = [
  ["building the plain guest image from Debian packages, one to three minutes", 1],
  ["running apt-get update", 1],
  ["downloading packages with apt", 1],
  ["extracting archives", 3],
  ["installing essential packages", 6],
  ["installing remaining packages inside the chroot", 27],
  ["installing what the lab's packages depend on", 9],
  ["collecting the package pool", 2],
  ["making the disk", 2],
];

/** @type {import("./run-steps.mjs").Step} */
export const guestImage = {
  name: "guest image",
  needs: ["userland"],
  does: "builds the servers' disk, kernel and package pool from Debian packages",
  takes: "one to three minutes",
  isDone: () => isBuilt("guest-image", sources),
  run: (context) => buildFrom("guest-image", sources, PROGRAM, stages, context),
};
