import type { Command } from "commander";
import { liveLab, serverOf } from "../live-lab.ts";
import { openSsh } from "../open-ssh.ts";
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
      process.exitCode = await openSsh(live, serverOf(live, name), words);
    });
};
