import { type Command, InvalidArgumentError } from "commander";
import { liveLab, serverOf } from "../live-lab.ts";
import { NO_CONNECTION, openSsh } from "../open-ssh.ts";
import { type StackOptions, stackOption } from "../options.ts";

export const ssh = (program: Command): void => {
  program
    .command("ssh")
    .description("log in to a server, or run a command on it")
    .addOption(stackOption())
    .argument("<server>", "name in the lab file")
    .argument("[command...]", "run this instead of a shell, and return its exit status", commandWord)
    .passThroughOptions()
    .action(async (name: string, words: string[], { stack }: StackOptions) => {
      const live = await liveLab(stack);
      const status = await openSsh(live, serverOf(live, name), words);
      if (status === NO_CONNECTION)
        console.error(
          `lvs-lab: ssh ended with status 255. If ${name} no longer answers: \`npx lvs-lab console -s ${stack} ${name}\` logs in without its network`,
        );
      process.exitCode = status;
    });
};

/** Takes the words behind the server, which go to ssh(1). @throws InvalidArgumentError where they begin with the stack, which stands before the server */
function commandWord(word: string, before: readonly string[] = []): string[] {
  if (before.length === 0 && /^(-s|--stack(=|$))/.test(word))
    throw new InvalidArgumentError(
      "What stands behind the server is the command. Fix: name the stack first: `npx lvs-lab ssh -s NAME SERVER`.",
    );
  return [...before, word];
}
