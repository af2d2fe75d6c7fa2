import type { Command } from "commander";
import { readLab, warningsOf } from "../../lab/index.ts";

export const validate = (program: Command): void => {
  program
    .command("validate")
    .description("check lab files; errors name file, line and fix")
    .argument("<file...>", "lab files")
    .action(async (files: string[]) => {
      for (const file of files) {
        const lab = await readLab(file);
        const { name, setup, control, servers } = lab;
        const manual = setup === "manual" ? "set up by hand, " : "";
        console.log(`${file}: lab ${name}, ${manual}${control} in control, ${servers.length} servers: valid`);
        for (const warning of warningsOf(lab)) console.error(`${file}: warning: ${warning}`);
      }
    });
};
