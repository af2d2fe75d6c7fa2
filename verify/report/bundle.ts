import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pageDirectory, pageEntries } from "../../setup/report-page.mjs";

/** What a report's page is made with, ready to be put into it. */
export interface PageBundle {
  readonly script: string;
  readonly style: string;
}

/**
 * The page's script and style sheet. They are built once for a state of the sources, about a second, and kept in the cache; several
 * processes may do so at once.
 */
export async function pageBundle(): Promise<PageBundle> {
  const directory = pageDirectory();
  if (!existsSync(directory)) await buildInto(directory);
  const [script, style] = await Promise.all(
    ["main.js", "style.css"].map((name) => readFile(join(directory, name), "utf8")),
  );
  return { script: script ?? "", style: style ?? "" };
}

/** Builds aside and renames: whoever sees the directory sees all of it, and of two that build at once one wins. */
async function buildInto(directory: string): Promise<void> {
  await mkdir(dirname(directory), { recursive: true });
  const scratch = await mkdtemp(`${directory}.`);
  try {
    await bundlePage(scratch);
    await rename(scratch, directory);
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    if (!existsSync(directory)) throw error;
  }
}

/** Bundles the page into a directory. @returns the sources that went into it, relative to the working directory */
export async function bundlePage(outdir: string): Promise<string[]> {
  const { build } = await import("esbuild"); // not at the start of every command
  const { metafile } = await build({
    entryPoints: [...pageEntries],
    outdir,
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2023",
    // No byte beyond ASCII, whatever encoding a server says the page has.
    charset: "ascii",
    legalComments: "inline",
    logLevel: "silent",
    metafile: true,
  });
  return Object.keys(metafile.inputs);
}
