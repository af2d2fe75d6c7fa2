import { ClassDirectory } from "../directory.ts";
import { readClass } from "../file.ts";

/** What a class file says of the guide. */
export interface GuideSettings {
  /** Points that the command of a step costs, the third hint. */
  readonly hintCost: number;
  /** The files of the teacher's own steps, absolute. */
  readonly steps: readonly string[];
}

export const noSettings: GuideSettings = { hintCost: 0, steps: [] };

/**
 * What the class of a stack says of the guide; a stack of no class has none of it.
 * @throws FileError if something is wrong with the class file, or it is not there any more
 */
export async function settingsOf(stack: string): Promise<GuideSettings> {
  const [className = "", ...rest] = stack.split(".");
  if (rest.length === 0) return noSettings;
  const directory = new ClassDirectory(className);
  const file = (await directory.recorded()).has(stack) ? await directory.file() : undefined;
  return file === undefined ? noSettings : (await readClass(file)).guide;
}
