import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../provision/paths.ts";
import { viewPage } from "../setup/pages.mjs";
import { type PageBundle, pageBundle } from "../verify/report/bundle.ts";

/** The page as the server sends it. */
export interface ViewPage extends PageBundle {
  readonly html: string;
}

/** The page's files. Its script and its style sheet are built once for each state of their sources, in about a second. */
export async function viewPageFiles(): Promise<ViewPage> {
  const html = readFile(join(projectRoot, "view/page/index.html"), "utf8");
  return { ...(await pageBundle(viewPage)), html: await html };
}
