import type { Command } from "commander";
import { CliError } from "../exit-status.ts";
import { type StackOptions, stackOption } from "../options.ts";
import { pulumiDo } from "../pulumi.ts";
import { prepareStack } from "../recover.ts";
import { holdingStack } from "../stack-lock.ts";

export const down = (program: Command): void => {
  program
    .command("down")
    .description("take the lab away: `pulumi destroy`")
    .addOption(stackOption())
    .action(async ({ stack }: StackOptions) => {
      await holdingStack(stack, async (lock) => {
        await prepareStack(lock, (message) => console.error(message));
        const status = await pulumiDo("destroy", stack);
        if (status !== 0) throw new CliError(`\`pulumi destroy\` ended with status ${status}`, status);
      });
    });
};
