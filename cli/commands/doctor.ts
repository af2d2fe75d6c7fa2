import { type Command, Option } from "commander";
import { freeInWords, needInWords } from "../../provision/host/memory-verdict.ts";
import { findingsDocument, findingsText, statusOf } from "../../setup/steps/findings.mjs";
import { examine } from "../doctor/index.ts";
import type { StackMemory } from "../doctor/memory.ts";
import { jsonOption, stackName } from "../options.ts";

interface DoctorOptions {
  readonly fix?: boolean;
  readonly json?: boolean;
  readonly stack?: string;
}

export const doctor = (program: Command): void => {
  program
    .command("doctor")
    .description(
      "examine the machine and everything of lvs-lab on it; exit status 1 if a problem prevents labs from coming up",
    )
    .addOption(
      new Option("-s, --stack <name>", "also check whether this stack's lab fits into memory")
        .env("LVS_LAB_STACK")
        .argParser(stackName),
    )
    .addOption(jsonOption())
    .option("--fix", "fix what can be fixed, and remove what nothing uses")
    .action(async ({ fix = false, json = false, stack }: DoctorOptions) => {
      const { outcomes, memory, late } = await examine({ fix, stack });
      const told = outcomes.map(({ kind, level, problem, fix: command, repair, fixed, failure }) => ({
        ...{ kind, level, problem, fix: command, fixable: repair !== undefined, fixed },
        ...(failure === undefined ? {} : { failure }),
      }));
      console.log(json ? findingsDocument(told, { memory }) : findingsText(told, memory ? [inWords(memory)] : []));
      process.exitCode = statusOf(told);
      if (late) process.exit(); // a hanging step would keep this process alive
    });
};

const inWords = ({ stack, need, free }: StackMemory): string =>
  `The lab of the stack ${stack} needs ${needInWords(need)} of memory beside what runs; ${freeInWords(free)} are free.`;
