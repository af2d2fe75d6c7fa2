// @ts-check
import { existsSync } from "node:fs";
import { projectRoot } from "../paths.mjs";
import { pageDirectory } from "../report-page.mjs";
import { run } from "./command.mjs";

/** @type {import("./run-steps.mjs").Step} */
export const reportPage = {
  name: "report page",
  needs: ["npm packages"],
  does: "bundles the script that draws a report's timeline",
  takes: "some seconds",
  isDone: () => existsSync(pageDirectory()),
  run: ({ log, signal }) =>
    run([process.execPath, "--import", "tsx", "verify/report/bundle-page.ts"], { cwd: projectRoot, log, signal }),
};
