import { existsSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { likelyAcceleration } from "../../provision/host/image/acceleration.ts";
import { fails, findingsAsJson, formatFindings, summaryOf } from "../../rehearse/lint/format.ts";
import { lint } from "../../rehearse/lint/index.ts";
import { rules } from "../../rehearse/lint/rules/index.ts";
import { findingsAsSarif } from "../../rehearse/lint/sarif.ts";
import { type Event, eventNames, serviceWords } from "../../rehearse/matrix/index.ts";
import { PLAN } from "../../rehearse/plan/file.ts";
import { interruptible } from "../../verify/live/interruptible.ts";
import { exitStatus } from "../exit-status.ts";
import { nextSteps } from "../next-steps.ts";
import { reportOption, separately, stackName, time } from "../options.ts";
import { folderAt, folderOf, foldersGiven, foldersWanted, rehearsalStack, writePlan } from "../rehearsal.ts";
import { bringUp, demandKvm, type MatrixOptions, rehearseAll, rehearseReload } from "../rehearsal-run.ts";
import { reportOf } from "../report-error.ts";
import { holdingStack } from "../stack-lock.ts";
import { takeAway } from "../take-away.ts";
import { rehearsePack } from "./rehearse-pack.ts";

const say = (message: string): void => console.error(message);

/** What every subcommand takes. */
const folderArgument = "one file for each director, NAME.conf or NAME/keepalived.conf, and what they include or run";

export const rehearse = (program: Command): void => {
  const group = program
    .command("rehearse")
    .description("tell what your own keepalived.conf will do, before it goes live");

  group
    .command("lint")
    .description(
      "find misspelt keywords, wrong values, and what `keepalived -t` passes and people regret, without a VM; exit status 1 if something is found",
    )
    .argument("<folder>", folderArgument)
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
    .argument("<folder...>", "the folder, or all of its configurations")
    .option("--force", "replace the file that is there")
    .action((paths: string[], { force }: { force?: boolean }) =>
      writePlan(folderOf(paths), { ...(force ? { force } : {}), say: console.log }),
    );

  rehearsePack(group);

  group
    .command("up")
    .description(
      "bring the directors up with their files as they are, and stand-ins for what they talk to; `down` removes them",
    )
    .argument("<folder>", folderArgument)
    .addOption(rehearsalStackOption())
    .action(async (path: string, { stack = rehearsalStack(path) }: { stack?: string }) => {
      tellOfLint(path);
      const live = await holdingStack(stack, async (lock) => await bringUp(lock, path));
      say(`Services: ${serviceWords(live.lab)}.${nextSteps(live)}`);
    });

  group
    .command("run", { isDefault: true })
    .description(
      "bring the directors up, break the master in several ways under load, compare with VRRP's promise, remove everything",
    )
    .argument("[folder]", folderArgument)
    .option("--from <folder>", "with --to: the files that run now")
    .option("--to <folder>", "reload these files, one director after the other, under load: what is lost, what moves?")
    .option("--service <name>", "with --to: the service that clients ask, ADDRESS:PORT; by default the first")
    .addOption(rehearsalStackOption())
    .addOption(reportOption())
    .addOption(new Option("--only <event...>", `what to break: ${eventNames.join(", ")}`).argParser(eventList))
    .option("--budget <time>", "how long all runs may take, such as 10m: the most telling are first", time)
    .option("--junit", "write junit.xml into the directory of the reports, too")
    .option("--keep", "leave the directors up")
    .option("--require-kvm", "fail if the directors would be emulated, which is slower and less exact")
    .action(async (folder: string | undefined, { from, to, stack: named, ...options }: RunOptions) => {
      const folders = foldersGiven({ folder, from, to }, RUN_FIX);
      if (!folders) throw foldersWanted(RUN_FIX);
      const [path] = folders;
      const stack = named ?? rehearsalStack(path);
      tellOfLint(to ?? path);
      if (options.requireKvm) demandKvm(likelyAcceleration());
      const { passed, summary } = await holdingStack(stack, async (lock) => {
        try {
          return await interruptible(async (signal) =>
            to === undefined
              ? await rehearseAll(lock, path, { ...options, signal })
              : await rehearseReload(lock, path, to, options),
          );
        } finally {
          if (options.keep) say(`The directors stay up: npx lvs-lab down -s ${stack} removes them.`);
          else await takeAway(lock, { say }).catch((error) => say(String(reportOf(error).shown)));
        }
      });
      // Last, or what is said of the removal hides it.
      console.log(summary);
      process.exitCode = passed ? exitStatus.ok : exitStatus.failed;
    });
};

interface RunOptions extends MatrixOptions {
  readonly from?: string;
  readonly to?: string;
  readonly service?: string;
  readonly stack?: string;
  readonly keep?: boolean;
}

const RUN_FIX =
  "`npx lvs-lab rehearse FOLDER` breaks the master in several ways; `npx lvs-lab rehearse --from OLD --to NEW` reloads new files";

const rehearsalStackOption = (): Option =>
  new Option("-s, --stack <name>", "the stack; by default rehearse- and the folder's name").argParser(stackName);

/** Reads one event more of `--only`. */
function eventList(word: string, before: readonly Event[] = []): Event[] {
  if (eventNames.includes(word as Event)) return [...before, word as Event];
  const folder = existsSync(word) ? "; the folder comes before --only" : "";
  throw new InvalidArgumentError(`expected one of ${eventNames.join(", ")}${separately([word])}${folder}.`);
}

/** A line on what lint finds: the rehearsal shows what these do. */
function tellOfLint(path: string): void {
  const findings = lint(folderAt(path));
  if (findings.length > 0) say(`lint: ${summaryOf(findings)}; \`npx lvs-lab rehearse lint ${path}\` tells them`);
}
