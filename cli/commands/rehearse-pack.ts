import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { packed } from "../../rehearse/pack/contents.ts";
import { formatPacked } from "../../rehearse/pack/format.ts";
import { foldersOf, lastRehearsalIn, lastReportIn } from "../../rehearse/pack/report.ts";
import { archiveOf } from "../../rehearse/pack/tree.ts";
import { pageBundle } from "../../verify/report/bundle.ts";
import { writeWhole } from "../../verify/report/whole-file.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { reportOption } from "../options.ts";
import { folderAt, foldersGiven } from "../rehearsal.ts";

interface PackOptions {
  readonly from?: string;
  readonly to?: string;
  readonly out?: string;
  readonly report: string;
}

const FIX = "`npx lvs-lab rehearse pack FOLDER`; of a roll-out `npx lvs-lab rehearse pack --from OLD --to NEW`";

/** Adds `rehearse pack`. */
export const rehearsePack = (group: Command): void => {
  group
    .command("pack")
    .description("put the configurations without their secrets, and what failed, into one archive for a bug report")
    .argument(
      "[folder]",
      "one file for each director, NAME.conf or NAME/keepalived.conf, and what they include or run; by default what was rehearsed last",
    )
    .option("--from <folder>", "with --to: the files that ran before a roll-out that was rehearsed")
    .option("--to <folder>", "the files that replaced them")
    .option(
      "--out <file>",
      "the archive; by default FOLDER-rehearsal.tar.gz or NEW-roll-out.tar.gz in the current directory",
      archiveName,
    )
    .addOption(reportOption())
    .action(async (folder: string | undefined, { from, to, out, report: directory }: PackOptions) => {
      const paths = foldersGiven({ folder, from, to }, FIX) ?? (await lastFolders(directory));
      const folders = paths.map(folderAt);
      const report = await lastReportIn(directory, paths);
      const contents = packed(folders, report, await pageBundle());
      const file = out ?? `${contents.name}.tar.gz`;
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

/** The folders of the last rehearsal. @throws CliError if there was none, or it was started elsewhere */
async function lastFolders(directory: string): Promise<readonly string[]> {
  const last = await lastRehearsalIn(directory);
  const folders = typeof last === "string" ? [] : foldersOf(last);
  const gone = folders.find((folder) => !existsSync(folder));
  if (folders.length > 0 && gone === undefined) return folders;
  throw new CliError(
    `${typeof last === "string" ? last : `${gone}, which the last rehearsal was of, is not there`}. Fix: name the folder: npx lvs-lab rehearse pack FOLDER; ` +
      "--report names the directory of the reports",
    exitStatus.configuration,
  );
}

function archiveName(text: string): string {
  if (/\.(?:tar\.gz|tgz)$/.test(text)) return text;
  throw new InvalidArgumentError("expected a name that ends with .tar.gz.");
}
