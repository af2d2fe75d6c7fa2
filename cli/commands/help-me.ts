import type { Command } from "commander";
import { LONGEST_QUESTION, lowerHand, raiseHand } from "../../class/hand.ts";
import { existingLabDirectory } from "../lab-directory.ts";
import { type StackOptions, stackOption } from "../options.ts";

export const helpMe = (program: Command): void => {
  program
    .command("help-me")
    .description("raise your hand: `lvs-lab class view` shows it to the teacher")
    .addOption(stackOption())
    .option("--done", "lower it")
    .argument("[text...]", `what you ask, up to ${LONGEST_QUESTION} characters`)
    .action(async (words: string[], { stack, done }: StackOptions & { done?: boolean }) => {
      const directory = existingLabDirectory(stack);
      if (done) return console.log((await lowerHand(directory)) ? "Your hand is down." : "Your hand was not up.");
      const { text, since } = await raiseHand(directory, words.join(" "));
      console.log(`Your hand is up since ${new Date(since).toLocaleTimeString()}${text === "" ? "" : `: ${text}`}`);
      console.log(`To lower it: npx lvs-lab help-me -s ${stack} --done`);
    });
};
