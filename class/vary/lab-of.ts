import { basename } from "node:path";
import { type Lab, parseLab } from "../../lab/index.ts";
import { readYaml, writeYaml } from "../../lab/yaml/document.ts";
import { keyOf } from "../stack-name.ts";
import { drawsOf } from "./draws.ts";
import { type VaryPart, varyParts } from "./index.ts";
import { type LabData, VaryError } from "./part.ts";

/** The exercise that all labs of a class come from. */
export interface Exercise {
  /** Its path. */
  readonly file: string;
  readonly text: string;
  readonly lab: Lab;
}

/** A student's own lab: its file's text, and what it says. */
export interface VariedLab {
  readonly text: string;
  readonly lab: Lab;
}

/**
 * The lab of a student.
 * @param parts what differs from the exercise
 * @throws VaryError if the exercise leaves no other value for a part
 */
export function labOf(
  { file, text, lab }: Exercise,
  student: { readonly id: string },
  { secret, parts }: { readonly secret: Uint8Array; readonly parts: readonly VaryPart[] },
): VariedLab {
  // A copy without aliases: what is shared by them would change in all places at once.
  const data = JSON.parse(JSON.stringify(readYaml(text).value)) as LabData;
  // The file of a student has another name, which would be the lab's.
  data.name = lab.name;
  for (const name of Object.keys(varyParts) as VaryPart[]) {
    if (!parts.includes(name)) continue;
    try {
      varyParts[name].apply(data, lab, drawsOf(secret, name, keyOf(student.id)));
    } catch (error) {
      throw error instanceof VaryError ? new VaryError(`vary: ${name}: ${error.message}`) : error;
    }
  }
  const own = `# ${student.id}'s lab: ${basename(file)} with values of their own. Written by \`lvs-lab class\`; changes are lost.\n${writeYaml(data)}`;
  return { text: own, lab: parsed(own, file, parts) };
}

/** @throws VaryError if a rule of lab files forbids what parts have made: it is the exercise that leaves no choice */
function parsed(text: string, file: string, parts: readonly VaryPart[]): Lab {
  try {
    return parseLab(text, file);
  } catch (error) {
    throw new VaryError(
      `vary: ${file} does not fit ${parts.join(", ")}: ${(error as Error).message}. Fix: leave out the part that this is about`,
      { cause: error },
    );
  }
}
