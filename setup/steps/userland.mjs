// @ts-check
import { buildFrom, isBuilt } from "./built-from.mjs";

const PROGRAM = "provision/host/userland/main.ts";
const sources = ["provision/host/userland", PROGRAM];

/** @type {import("./built-from.mjs").Stages} */
const stages = [
  ["building the lab host's userland from Debian packages, about a minute", 4],
  ["running apt-get update", 6],
  ["downloading packages with apt", 4],
  ["extracting archives", 17],
  ["installing essential packages", 20],
  ["installing remaining packages inside the chroot", 22],
  ["cleaning package lists and apt cache", 1],
];

/** @type {import("./run-steps.mjs").Step} */
export const userland = {
  name: "userland",
  needs: ["mmdebstrap", "npm packages"],
  does: "builds the lab hosts' root file system from Debian packages",
  takes: "one to two minutes",
  isDone: () => isBuilt("userland", sources),
  run: (context) => buildFrom("userland", sources, PROGRAM, stages, context),
};
