import type { Command } from "commander";
import { type StackOptions, stackOption } from "../options.ts";
import { holdingStack } from "../stack-lock.ts";
import { takeAway } from "../take-away.ts";

interface DownOptions extends StackOptions {
  readonly force?: boolean;
}

export const down = (program: Command): void => {
  program
    .command("down")
    .description("remove the lab: `pulumi destroy`, or without Pulumi if there is none")
    .addOption(stackOption())
    .option("--force", "if Pulumi fails, remove the lab without it, and remove the stack")
    .action(async ({ stack, force }: DownOptions) => {
      const say = (message: string): void => console.error(message);
      await holdingStack(stack, (lock) => takeAway(lock, { say, force }), { unlockedIfFull: say });
    });
};
