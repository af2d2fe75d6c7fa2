// @ts-check
import { lstatSync, mkdirSync, readlinkSync, renameSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { filesBelow } from "../content-hash.mjs";

/**
 * Makes a PULUMI_HOME that has a built toolchain's plugins: every file below the toolchain's `home/` is linked to at
 * the same place below `home`. So the toolchain is never written to, and what the CLI writes (selected stacks, plugins
 * that a user adds) outlives a change of toolchain. Doing it twice changes nothing.
 * @param {string} toolchain the toolchain's folder
 * @param {string} home made if need be
 */
export const linkPlugins = (toolchain, home) => {
  const source = join(toolchain, "home");
  for (const file of filesBelow(source)) {
    const link = join(home, relative(source, file));
    if (targetOf(link) === file) continue;
    mkdirSync(dirname(link), { recursive: true });
    // Made aside and moved there: a running pulumi never finds the place empty.
    const made = `${link}.${process.pid}`;
    symlinkSync(file, made);
    renameSync(made, link);
  }
};

/** @param {string} link @returns {string | undefined} undefined when there is no such link */
const targetOf = (link) =>
  lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(link) : undefined;
