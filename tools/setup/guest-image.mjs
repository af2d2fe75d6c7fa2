// @ts-check
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { contentHash } from "../content-hash.mjs";
import { cacheRoot, projectRoot } from "../paths.mjs";
import { run } from "./command.mjs";

/** Says for which sources an image was made, and where it is: so that nothing has to be loaded to see that it is there. */
const record = () => join(cacheRoot(), "setup/guest-image.json");

/** @type {import("./run-steps.mjs").Step} */
export const guestImage = {
  name: "guest image",
  needs: ["Debian packages", "npm packages"],
  does: "makes the servers' disk, kernel and package pool from Debian packages",
  takes: "three to five minutes",
  isDone: () => {
    if (!existsSync(record())) return false;
    const { sources, directory } = JSON.parse(readFileSync(record(), "utf8"));
    return sources === sourcesKey() && existsSync(directory);
  },
  run: async ({ log, signal, progress }) => {
    const sources = sourcesKey();
    let directory = "";
    await run([process.execPath, "--import", "tsx", "tools/setup/build-image.ts"], {
      cwd: projectRoot,
      log,
      signal,
      onLine: (line) => {
        if (line.startsWith("/")) directory = line;
        else progress(line);
      },
    });
    mkdirSync(dirname(record()), { recursive: true });
    writeFileSync(record(), JSON.stringify({ sources, directory }));
  },
};

const sourcesKey = () => contentHash(projectRoot, ["provision/host/image", "tools/setup/build-image.ts"]);
