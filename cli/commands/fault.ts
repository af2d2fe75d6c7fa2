import type { Command } from "commander";
import type { Fault } from "../../verify/faults/fault.ts";
import { faults } from "../../verify/faults/index.ts";
import { findFault, type Injected, Ledger } from "../../verify/faults/ledger.ts";
import type { LiveLab } from "../../verify/live/live-lab.ts";
import { View } from "../../verify/live/view.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { liveLab } from "../live-lab.ts";
import { type JsonOptions, jsonOption, type StackOptions, stackOption } from "../options.ts";
import { holdingStack } from "../stack-lock.ts";

export const fault = (program: Command): void => {
  const group = program.command("fault").description("inject faults into the running lab, and list them");

  group
    .command("list")
    .description("list every fault: what it does, and how to do the same by hand")
    .option("-j, --json", "print JSON instead of text")
    .action(({ json }: { json?: boolean }) => {
      console.log(
        json
          ? JSON.stringify({ format: "lvs-lab faults", version: 1, faults: faults.map(described) }, null, 2)
          : faults.map(formatFault).join("\n\n"),
      );
    });

  group
    .command("inject")
    .description("inject a fault on a server; `lvs-lab heal` undoes it")
    .addOption(stackOption())
    .argument("<fault>", "id of the fault")
    .argument("<server>", "name in the lab file; `segment` for a fault that belongs to no server")
    .option("--set <name=value...>", "parameters of the fault", [])
    .action(async (id: string, server: string, { stack, set }: StackOptions & { set: string[] }) => {
      await holdingStack(stack, async () => {
        const live = await liveLab(stack);
        const chosen = choose(live, id, server);
        await new Ledger(live).inject(chosen, server, parametersOf(chosen, set));
        console.error(`${chosen.title} ${server}: done. \`npx lvs-lab heal -s ${stack}\` undoes it.`);
      });
    });

  group
    .command("status")
    .description("show which faults are injected, and whether each is in effect")
    .addOption(stackOption())
    .addOption(jsonOption())
    .action(async ({ stack, json }: JsonOptions) => {
      const live = await liveLab(stack);
      const rows = [];
      for (const entry of await new Ledger(live).list()) {
        rows.push({ ...entry, ...(await lookAt(live, entry)) });
      }
      if (json) console.log(JSON.stringify({ format: "lvs-lab injected", version: 1, stack, faults: rows }, null, 2));
      else if (rows.length === 0) console.log("nothing is injected");
      else
        for (const { fault: name, server, since, there, seen } of rows)
          console.log(`${name} on ${server} since ${since}: ${inWords(there)} (${seen})`);
    });
};

/** Whether a fault is in effect; null if unknown, as on a server that another fault switched off. */
async function lookAt(live: LiveLab, { fault: id, server, parameters }: Injected) {
  try {
    return await findFault(id).present({ view: new View(live), server }, parameters);
  } catch (error) {
    return { there: null, seen: (error as Error).message };
  }
}

const inWords = (there: boolean | null): string => (there === null ? "unknown" : there ? "in effect" : "not in effect");

export const heal = (program: Command): void => {
  program
    .command("heal")
    .description("heal every injected fault, including those of a killed run")
    .addOption(stackOption())
    .action(async ({ stack }: StackOptions) => {
      const healed = await holdingStack(
        stack,
        async () => await new Ledger(await liveLab(stack)).healAll((message) => console.error(message)),
      );
      console.error(healed.length === 0 ? "nothing was injected" : `healed: ${healed.length}`);
    });
};

/** The fault, if it applies to that server. */
function choose(live: LiveLab, id: string, server: string): Fault {
  const found = findFault(id);
  const targets = found.targets(live.lab);
  if (!targets.includes(server))
    throw new CliError(
      targets.length === 0
        ? `${id} applies to no server of this lab, which is run by ${live.lab.control}`
        : `${id} does not apply to "${server}"; in this lab it applies to ${targets.join(", ")}`,
      exitStatus.configuration,
    );
  return found;
}

/** Parses `name=value` words as the fault's parameters; numeric text becomes a number. */
function parametersOf({ id, parameters }: Fault, words: readonly string[]): Record<string, unknown> {
  const given = words.map((word) => {
    const at = word.indexOf("=");
    if (at < 1) throw new CliError(`--set takes name=value, not "${word}"`, exitStatus.configuration);
    return [word.slice(0, at), word.slice(at + 1)] as const;
  });
  const raw = Object.fromEntries(given);
  const numbers = Object.fromEntries(
    given.map(([name, value]) => [name, value !== "" && Number.isFinite(Number(value)) ? Number(value) : value]),
  );
  for (const candidate of [numbers, raw]) {
    const { success, data } = parameters.safeParse(candidate);
    if (success) return data;
  }
  const { error } = parameters.safeParse(numbers);
  throw new CliError(
    `${id}: ${error?.issues.map((issue) => `${issue.path.join(".") || "--set"}: ${issue.message}`).join("; ")}; parameters: ${Object.keys(parameters.shape).join(", ") || "none"}`,
    exitStatus.configuration,
  );
}

const described = ({ id, title, explains, parameters, byHand }: Fault) => ({
  id,
  title,
  explains,
  parameters: Object.keys(parameters.shape),
  byHand,
});

const formatFault = (one: Fault): string => {
  const { parameters } = described(one);
  return [
    `${one.id}: ${one.title} SERVER`,
    `  ${one.explains}`,
    ...(parameters.length > 0 ? [`  parameters: ${parameters.join(", ")}`] : []),
    `  by hand: ${one.byHand.inject}`,
    `  healed:  ${one.byHand.heal}`,
  ].join("\n");
};
