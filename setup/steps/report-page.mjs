// @ts-check
import { existsSync } from "node:fs";
import { reportPage as page, pageDirectory, viewPage } from "../pages.mjs";
import { projectRoot } from "../paths.mjs";
import { run } from "./command.mjs";

/** The page of a class is bundled with it. @type {import("./run-steps.mjs").Step} */
export const reportPage = {
  name: "report page",
  needs: ["npm packages"],
  does: "bundles the scripts of a report's timeline and of a class's page",
  takes: "some seconds",
  isDone: () => [page, viewPage].every((one) => existsSync(pageDirectory(one))),
  run: ({ log, signal }) =>
    run([process.execPath, "--import", "tsx", "verify/report/bundle-page.ts"], { cwd: projectRoot, log, signal }),
};
