import type { Command } from "commander";
import { liveLab } from "../live-lab.ts";
import { type StackOptions, stackOption } from "../options.ts";
import { writeSshFiles } from "../ssh-files.ts";

export const sshConfig = (program: Command): void => {
  program
    .command("ssh-config")
    .description('print an ssh_config(5) for the lab\'s servers: ssh -F "$(npx lvs-lab ssh-config --path)" server1.ha')
    .addOption(stackOption())
    .option("--path", "print its path instead, for `Include` in your ~/.ssh/config")
    .action(async ({ stack, path: pathOnly }: StackOptions & { path?: boolean }) => {
      const { path, text } = await writeSshFiles(await liveLab(stack));
      console.log(pathOnly ? path : text.trimEnd());
    });
};
