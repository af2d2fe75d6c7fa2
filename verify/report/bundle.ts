import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type BundledPage, pageDirectory, reportPage } from "../../setup/pages.mjs";

/** The script and the style sheet of a page. */
export interface PageBundle {
  readonly script: string;
  readonly style: string;
}

/**
 * The page's script and style sheet. They are built once for each state of the sources, in about a second, and cached. Concurrent builds are
 * safe.
 */
export async function pageBundle(page: BundledPage = reportPage): Promise<PageBundle> {
  const directory = pageDirectory(page);
  if (!existsSync(directory)) await buildInto(page, directory);
  const [script, style] = await Promise.all(
    ["main.js", "style.css"].map((name) => readFile(join(directory, name), "utf8")),
  );
  return { script: script ?? "", style: style ?? "" };
}

/** Builds aside and renames: the directory appears complete, and one of two concurrent builds wins. */
async function buildInto(page: BundledPage, directory: string): Promise<void> {
  await mkdir(dirname(directory), { recursive: true });
  const scratch = await mkdtemp(`${directory}.`);
  try {
    await bundlePage(page, scratch);
    await rename(scratch, directory);
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    if (!existsSync(directory)) throw error;
  }
}

/** Bundles a page into a directory. @returns the sources that went into it, relative to the working directory */
export async function bundlePage({ entries }: BundledPage, outdir: string): Promise<string[]> {
  const { build } = await import("esbuild"); // here, to keep it out of the start of every command
  const { metafile } = await build({
    entryPoints: [...entries],
    outdir,
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2023",
    // ASCII only: the page works with any encoding that a server announces.
    charset: "ascii",
    legalComments: "inline",
    logLevel: "silent",
    metafile: true,
  });
  return Object.keys(metafile.inputs);
}
