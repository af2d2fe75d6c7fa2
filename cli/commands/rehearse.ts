import type { Command } from "commander";
import { FolderError, readFolder } from "../../rehearse/folder.ts";
import { fails, findingsAsJson, formatFindings } from "../../rehearse/lint/format.ts";
import { lint } from "../../rehearse/lint/index.ts";
import { rules } from "../../rehearse/lint/rules/index.ts";
import { findingsAsSarif } from "../../rehearse/lint/sarif.ts";
import { CliError, exitStatus } from "../exit-status.ts";

export const rehearse = (program: Command): void => {
  const group = program
    .command("rehearse")
    .description("tell what your own keepalived.conf will do, before it goes live");

  group
    .command("lint")
    .description(
      "find what `keepalived -t` passes and people regret, without a VM; exit status 1 if something is found",
    )
    .argument("<folder>", "one file for each director: NAME.conf or NAME/keepalived.conf, and what they include or run")
    .option("-j, --json", "print JSON instead of text")
    .option("--sarif", "print SARIF 2.1.0, which code hosts and editors show beside the lines")
    .action((path: string, { json, sarif }: { json?: boolean; sarif?: boolean }) => {
      const folder = folderAt(path);
      const findings = lint(folder);
      if (sarif) console.log(JSON.stringify(findingsAsSarif(folder, findings, rules), null, 2));
      else if (json) console.log(JSON.stringify(findingsAsJson(folder, findings), null, 2));
      else console.log(formatFindings(folder, findings));
      if (fails(findings)) process.exitCode = exitStatus.failed;
    });
};

/** The folder of configurations that the command line names. */
function folderAt(path: string) {
  try {
    return readFolder(path);
  } catch (error) {
    if (error instanceof FolderError) throw new CliError(error.message, exitStatus.configuration, { cause: error });
    throw error;
  }
}
