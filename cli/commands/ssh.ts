import type { Command } from "commander";
import { liveLab, serverOf } from "../live-lab.ts";
import { NO_CONNECTION, openSsh } from "../open-ssh.ts";
import { type StackOptions, stackOption } from "../options.ts";

export const ssh = (program: Command): void => {
  program
    .command("ssh")
    .description("log in to a server, or run a command on it")
    .addOption(stackOption())
    .argument("<server>", "name in the lab file")
    .argument("[command...]", "run this instead of a shell, and return its exit status")
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
