import type { Command } from "commander";
import { CLIENT } from "../../provision/host/reach.ts";
import { labHost } from "../../verify/live/live-lab.ts";
import { endOf } from "../at-terminal.ts";
import { liveLab } from "../live-lab.ts";
import { type StackOptions, stackOption } from "../options.ts";

export const client = (program: Command): void => {
  program
    .command("client")
    .description("open a shell on the lab's client, a host on the lab's segment, or run a command on it")
    .addOption(stackOption())
    .argument("[command...]", "run this instead of a shell, and return its exit status")
    .passThroughOptions()
    .action(async (words: string[], { stack }: StackOptions) => {
      const live = await liveLab(stack);
      const child = labHost(live).spawn(CLIENT, words.length > 0 ? words : ["bash"], { stdio: "inherit" });
      process.exitCode = await endOf(child);
    });
};
