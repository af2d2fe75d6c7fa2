import { existsSync } from "node:fs";
import { basename, relative, resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { packed } from "../../rehearse/pack/contents.ts";
import { formatPacked } from "../../rehearse/pack/format.ts";
import { lastReportIn, matrixIn } from "../../rehearse/pack/report.ts";
import { archiveOf } from "../../rehearse/pack/tree.ts";
import { pageBundle } from "../../verify/report/bundle.ts";
import { writeWhole } from "../../verify/report/whole-file.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { reportOption } from "../options.ts";
import { folderAt } from "../rehearsal.ts";

interface PackOptions {
  readonly out?: string;
  readonly report: string;
}

/** Adds `rehearse pack`. */
export const rehearsePack = (group: Command): void => {
  group
    .command("pack")
    .description("put the configurations without their secrets, and what failed, into one archive for a bug report")
    .argument(
      "[folder]",
      "one file for each director, NAME.conf or NAME/keepalived.conf, and what they include or run; by default that of the last rehearsal",
    )
    .option("--out <file>", "the archive; by default FOLDER-rehearsal.tar.gz in the current directory", archiveName)
    .addOption(reportOption())
    .action(async (given: string | undefined, { out, report: directory }: PackOptions) => {
      const path = given ?? (await lastFolder(directory));
      const folder = folderAt(path);
      const report = await lastReportIn(directory, path);
      const contents = packed(folder, report, await pageBundle());
      const file = out ?? `${basename(resolve(path))}-rehearsal.tar.gz`;
      const archive = await archiveOf(contents);
      await writeWhole(file, archive);
      console.log(
        formatPacked(contents, {
          file: relative(process.cwd(), resolve(file)),
          bytes: archive.length,
          ...(typeof report === "string" ? { noReport: report } : {}),
        }),
      );
    });
};

/** The folder of the last rehearsal. @throws CliError if there was none, or it was started elsewhere */
async function lastFolder(directory: string): Promise<string> {
  const matrix = await matrixIn(directory);
  const problem =
    typeof matrix === "string"
      ? matrix
      : existsSync(matrix.folder)
        ? undefined
        : `${matrix.folder}, which the last rehearsal was of, is not there`;
  if (typeof matrix !== "string" && problem === undefined) return matrix.folder;
  throw new CliError(
    `${problem}. Fix: name the folder: npx lvs-lab rehearse pack FOLDER; --report names the directory of the reports`,
    exitStatus.configuration,
  );
}

function archiveName(text: string): string {
  if (/\.(?:tar\.gz|tgz)$/.test(text)) return text;
  throw new InvalidArgumentError("expected a name that ends with .tar.gz.");
}
