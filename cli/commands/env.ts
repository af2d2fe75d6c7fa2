import type { Command } from "commander";
import { formatEnvironment, pulumiEnvironment } from "../environment.ts";

export const env = (program: Command): void => {
  program
    .command("env")
    .description('print the environment that `pulumi` needs: eval "$(npx lvs-lab env)"')
    .action(() => {
      process.stdout.write(formatEnvironment(pulumiEnvironment()));
    });
};
