import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Argument, type Command } from "commander";
import { projectRoot } from "../../provision/paths.ts";
import { posixQuote } from "../../provision/posix-quote.ts";
import { complete } from "../completion/complete.ts";
import { valuesOf } from "../completion/values.ts";

export const completion = (program: Command): void => {
  program
    .command("completion")
    .description('print the completion script of a shell: eval "$(npx lvs-lab completion bash)"')
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish"]))
    .action(async (shell: Shell) => {
      console.log((await completionScript(shell)).trimEnd());
    });

  program
    .command("complete", { hidden: true })
    .description("print the candidates at the cursor, one per line, for the scripts of `lvs-lab completion`")
    .argument("[words...]", "the words after lvs-lab; the last is being typed")
    .action(async (words: string[]) => {
      const { completions, paths } = await complete(program, words, valuesOf);
      for (const { value, description } of completions) console.log(description ? `${value}\t${description}` : value);
      if (paths) console.log(`:${paths}`);
    });
};

type Shell = "bash" | "zsh" | "fish";

/** Completion script of a shell, for this checkout's `lvs-lab`. */
export async function completionScript(shell: Shell): Promise<string> {
  const script = await readFile(new URL(`../completion/lvs-lab.${shell}`, import.meta.url), "utf8");
  const program = join(projectRoot, "cli/lvs-lab");
  const quoted = shell === "fish" ? fishQuote(program) : posixQuote(program);
  return script.replaceAll("@LVS_LAB@", () => quoted);
}

/** In fish's single quotes a backslash escapes itself and the quote. */
const fishQuote = (word: string): string => `'${word.replace(/[\\']/g, "\\$&")}'`;
