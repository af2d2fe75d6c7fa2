import { existsSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { FolderError, readFolder } from "../../rehearse/folder.ts";
import { fails, findingsAsJson, formatFindings } from "../../rehearse/lint/format.ts";
import { lint, subjectOf } from "../../rehearse/lint/index.ts";
import { rules } from "../../rehearse/lint/rules/index.ts";
import { findingsAsSarif } from "../../rehearse/lint/sarif.ts";
import { PLAN } from "../../rehearse/plan/file.ts";
import { inferPlan } from "../../rehearse/plan/infer.ts";
import { planText } from "../../rehearse/plan/write.ts";
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

  group
    .command("init")
    .description(`write ${PLAN}: which interface is on which network, where real servers are; says what it assumed`)
    .argument("<folder...>", "the folder, or its configurations: NAME.conf or NAME/keepalived.conf for each director")
    .option("--force", "replace the file that is there")
    .action((paths: string[], { force }: { force?: boolean }) => {
      const path = folderOf(paths);
      const folder = folderAt(path);
      const file = join(path, PLAN);
      if (existsSync(file) && !force)
        throw new CliError(
          `${file} is there already. Fix: edit it, or replace it with --force`,
          exitStatus.configuration,
        );
      const inferred = inferPlan(folder, subjectOf(folder).directors);
      writeFileSync(file, planText(inferred));
      console.log(`${file}: written`);
      for (const [part, sentences] of inferred.assumed)
        for (const sentence of sentences) console.log(`  assumed, ${part}: ${sentence}`);
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

/** The folder that the command line names, by itself or by all of its configurations. */
function folderOf(paths: readonly string[]): string {
  const [first = "."] = paths;
  if (paths.length === 1 && !first.endsWith(".conf")) return first;
  const folders = new Set(
    paths.map((path) =>
      path.endsWith("/keepalived.conf") && paths.length > 1 ? dirname(dirname(path)) : dirname(path),
    ),
  );
  const [folder = "."] = folders;
  const given = new Set(paths.map((path) => resolve(path)));
  const others = folderAt(folder)
    .configurations.map(({ file }) => join(folder, file))
    .filter((file) => !given.has(resolve(file)));
  if (folders.size > 1 || others.length > 0)
    throw new CliError(
      `${folders.size > 1 ? `the configurations are in ${[...folders].join(", ")}` : `${folder} has other configurations: ${others.map((one) => relative(folder, one)).join(", ")}`}. ` +
        "Fix: put the directors' configurations into a folder of their own, NAME.conf or NAME/keepalived.conf for each",
      exitStatus.configuration,
    );
  return folder;
}
