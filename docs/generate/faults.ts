import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { projectRoot } from "../../provision/paths.ts";
import type { Fault } from "../../verify/faults/fault.ts";
import { faults } from "../../verify/faults/index.ts";

/** The page that this writes. */
export const faultDocsFile = join(projectRoot, "docs/faults.md");

/** docs/faults.md, from the faults themselves. */
export function faultDocs(): string {
  const rows = faults.map(
    (fault) => `| [${fault.id}](#${fault.id}) | ${goesInWords(fault) ?? ""} | ${sentence(fault)} |`,
  );
  return `${[
    "# The faults",
    "<!-- Written by `npm run docs` from verify/faults/: change the faults, not this file. -->",
    intro,
    ["| fault | a master goes | what it does |", "|---|---|---|", ...rows].join("\n"),
    outro,
    ...faults.map(section),
  ].join("\n\n")}\n`;
}

const intro = `Ways to break a running lab, from the machine up to the wire, each with the way back.
[lvs-lab fault](cli.md#lvs-lab-fault) puts one on a server, [lvs-lab heal](cli.md#lvs-lab-heal) takes away all there are, and
[scenarios](scenarios.md) do both in a planned order, under load; \`lvs-lab fault list\` shows this page in the terminal.`;

const outro = `What is injected is noted in the lab's directory, so that \`lvs-lab heal\` finds also what a killed run has left; whether it is really there,
\`lvs-lab fault status\` looks up on the server. Injecting twice is injecting once, and healing what is not there, or only half there, is no
error.

Commands by hand are as typed on the server (\`npx lvs-lab ssh SERVER\`), but \`virsh\`, which is the machine's own:
\`virsh --connect "$(pulumi stack output libvirtUri)"\`. *A master goes* says how VRRP loses a master by the fault, and so what its timers promise
of the outage: *silently*, and the standby waits for its master-down interval; *announced*, by an advertisement of priority 0, and it waits
for its skew alone. *As it is tracked*, it depends on [the weight](lab-file.md#tracking) that the lab file gives to what fails. By the other faults a master
stays one.`;

function section(fault: Fault): string {
  const { id, explains, byHand } = fault;
  const goes = goesInWords(fault);
  const parameters = Object.entries(parametersOf(fault));
  const facts = [`on: ${fault.targets.on}`, ...(goes ? [`a master goes: ${goes}`] : [])];
  return [
    `## ${id}`,
    `${sentence(fault)}.`,
    explains,
    facts.map((fact) => `- ${fact}`).join("\n"),
    ...(parameters.length > 0
      ? [["| parameter | default | what it is |", "|---|---|---|", ...parameters.map(parameterRow)].join("\n")]
      : []),
    "By hand:",
    fenced(byHand.inject),
    "Healed by:",
    fenced(byHand.heal),
    `Source: [verify/faults/${id}.ts](../verify/faults/${id}.ts).`,
  ].join("\n\n");
}

/** How a master goes by a fault. */
const goesInWords = ({ masterGoes, goes }: Fault): string | undefined => masterGoes ?? (goes && "as it is tracked");

const fenced = (text: string): string => `\`\`\`text\n${text}\n\`\`\``;

const sentence = (fault: Fault): string =>
  `${fault.title[0]?.toUpperCase()}${fault.title.slice(1)} ${fault.targets.object}`;

/** What JSON Schema says of a parameter, as far as it is shown here. */
interface Parameter {
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

const parametersOf = ({ parameters }: Fault) =>
  (z.toJSONSchema(parameters, { io: "input" }).properties ?? {}) as Record<string, Parameter>;

function parameterRow([name, parameter]: [string, Parameter]): string {
  const { description, minimum, maximum, minLength, maxLength } = parameter;
  if (!description) throw new Error(`the parameter ${name} has no description`);
  const range =
    minimum !== undefined
      ? `; ${minimum} to ${maximum}`
      : minLength !== undefined
        ? `; ${minLength} to ${maxLength} characters`
        : "";
  const value = parameter.default === undefined ? "" : `\`${parameter.default}\``;
  return `| \`${name}\` | ${value} | ${description}${range} |`;
}

if (import.meta.filename === process.argv[1]) await writeFile(faultDocsFile, faultDocs());
