import type { VrrpInstance } from "../../lab/index.ts";
import { last } from "../conf/tree.ts";
import { numberOf } from "../directors/instance.ts";
import { isScript } from "../directors/tracked.ts";
import type { Member } from "../directors/virtual-router.ts";
import { type Weighted, weightsOf } from "../directors/weight.ts";
import type { Folder } from "../folder.ts";
import { lookedFor } from "./needs.ts";
import type { PlannedDirector } from "./plan.ts";

/**
 * What an instance tracks, itself or by its sync group, as far as the lab's model knows it: scripts, processes, and interfaces on other networks than its own.
 * Files and BFD sessions are not in it, nor what is a FAULT while it is well (`weight 0 reverse`).
 */
export function trackedOf(
  { director, instance }: Member,
  { interfaces, services }: Pick<PlannedDirector, "interfaces" | "services">,
  network: string,
  folder?: Folder,
): Pick<VrrpInstance, "trackScripts" | "trackProcesses" | "trackInterfaces"> {
  const all = weightsOf(director, instance).flatMap((one) => {
    if (!one.reverse) return [one];
    // keepalived multiplies the weight by -1.
    return one.weight === 0 ? [] : [{ ...one, weight: -one.weight }];
  });
  const definition = ({ track }: Weighted) =>
    director.tracked.find(({ kind, name }) => kind === track.kind && name === track.name);
  const trackScripts = all.flatMap((one) => {
    const script = definition(one);
    if (!script || !isScript(script) || !script.command) return [];
    const { name, interval, timeout, fall, rise, command } = script;
    const watched = folder ? lookedFor(folder, director, script, services) : [];
    const [watches] = watched.length === 1 ? watched : [];
    const weighted = { name, weight: one.weight, command: command.words, interval, timeout, fall, rise };
    return [{ ...weighted, ...(watches === undefined ? {} : { watches }) }];
  });
  const trackProcesses = all.flatMap((one) => {
    const process = definition(one);
    const [program] = last(process?.block, "process")?.words ?? [];
    if (process?.kind !== "process" || program === undefined) return [];
    const number = (keyword: string, otherwise: number) => numberOf(last(process.block, keyword)) ?? otherwise;
    // `delay` sets both; after a process's end its own applies.
    const delay = number("terminate_delay", number("delay", 0));
    // The kernel cuts off the names of processes: TASK_COMM_LEN.
    const name = program.split("/").at(-1)?.slice(0, 15) ?? program;
    return [{ name: process.name, weight: one.weight, process: name, quorum: number("quorum", 1), delay }];
  });
  const trackInterfaces = all.flatMap(({ track, weight }) => {
    const on = track.kind === "interface" && interfaces.find(({ device }) => device === track.name)?.network;
    return on && on !== network ? [{ network: on, weight }] : [];
  });
  const watching = [...trackScripts.map(({ watches }) => watches), ...trackProcesses.map(({ process }) => process)];
  const alone = trackScripts.map(({ watches, ...one }) =>
    watches !== undefined && watching.filter((process) => process === watches).length === 1 ? { ...one, watches } : one,
  );
  return {
    ...(trackScripts.length > 0 ? { trackScripts: alone } : {}),
    ...(trackProcesses.length > 0 ? { trackProcesses } : {}),
    ...(trackInterfaces.length > 0 ? { trackInterfaces } : {}),
  };
}
