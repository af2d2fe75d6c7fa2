import type { Command } from "commander";
import { readLab } from "../../lab/lab.ts";

export const validate = (program: Command): void => {
  program
    .command("validate")
    .description("check lab files; errors name file, line and fix")
    .argument("<file...>", "lab files")
    .action(async (files: string[]) => {
      for (const file of files) {
        const { name, stage, exercise, servers } = await readLab(file);
        const becomes = exercise ? `, to become ${exercise}` : "";
        console.log(`${file}: lab ${name}, stage ${stage}${becomes}, ${servers.length} servers: valid`);
      }
    });
};
