import { wordsOf } from "./command.ts";
import type { Family } from "./ip.ts";
import type { TrackBfd, TrackProcess, TrackScript, VrrpInstance } from "./model.ts";
import type { LabOutput } from "./schema.ts";

type Instance = NonNullable<LabOutput["vrrp"]>[number];

/** The part of an instance that most labs leave out. What is not there has no key, so that such a lab stays the same data. */
export type VrrpExtras = Pick<
  VrrpInstance,
  | "preemptDelay"
  | "unicast"
  | "useVmac"
  | "syncGroup"
  | "connectionSync"
  | "trackInterfaces"
  | "trackScripts"
  | "trackProcesses"
  | "trackBfd"
  | "notify"
>;

/** A tracked object that may have no name yet. */
interface Nameless {
  readonly name?: string | undefined;
}

/** Where an instance advertises. */
interface Place {
  readonly network: string;
  readonly family: Family;
}

/**
 * The extras of all instances, in their order: scripts, processes and BFD sessions have their names in one file, whichever instance tracks them.
 * @param places those of the instances, in the same order
 */
export function extrasOf(instances: readonly Instance[], places: readonly Place[]): VrrpExtras[] {
  const scripts = names(
    instances.flatMap(({ trackScripts = [] }) => trackScripts.map(scriptOf)),
    ({ command: [program = ""] }) => program.split("/").at(-1) ?? "",
  );
  const processes = names(
    instances.flatMap(({ trackProcesses = [] }) => trackProcesses),
    ({ process }) => process,
  );
  const bfd = instances.map(({ trackBfd = [] }, at) => {
    const { network: own = "", family } = places[at] ?? {};
    return trackBfd.map(({ network = own, ...one }) => ({ ...one, network, family }));
  });
  const bfdNames = names(bfd.flat(), ({ neighbor }) => neighbor);
  return instances.map(
    (
      {
        preemptDelay,
        unicast,
        useVmac,
        syncGroup,
        connectionSync,
        trackInterfaces,
        trackScripts,
        trackProcesses,
        trackBfd,
        notify,
      },
      at,
    ) => ({
      ...(preemptDelay > 0 ? { preemptDelay } : {}),
      ...(unicast ? { unicast } : {}),
      ...(useVmac ? { useVmac } : {}),
      ...(syncGroup === undefined ? {} : { syncGroup }),
      ...(connectionSync ? { connectionSync } : {}),
      ...(trackInterfaces ? { trackInterfaces } : {}),
      ...(trackScripts
        ? { trackScripts: trackScripts.map(scriptOf).map((one): TrackScript => ({ ...one, name: scripts(one) })) }
        : {}),
      ...(trackProcesses
        ? { trackProcesses: trackProcesses.map((one): TrackProcess => ({ ...one, name: processes(one) })) }
        : {}),
      ...(trackBfd
        ? {
            trackBfd: (bfd[at] ?? []).map(
              ({ family, ...one }): TrackBfd => ({ ...one, name: bfdNames({ ...one, family }) }),
            ),
          }
        : {}),
      ...(notify === undefined ? {} : { notify: notify === true ? notify : wordsOf(notify) }),
    }),
  );
}

/** A script, complete but for its name. keepalived kills a run that is not over when the next one is due, unless told otherwise. */
const scriptOf = ({ command, timeout, ...rest }: NonNullable<Instance["trackScripts"]>[number]) => ({
  ...rest,
  command: wordsOf(command),
  timeout: timeout ?? rest.interval,
});

/** What two tracked objects have in common if they are one block of keepalived.conf: all but name and weight. */
export const definitionOf = ({
  name: _,
  weight: __,
  ...rest
}: object & Nameless & { readonly weight?: unknown }): string =>
  JSON.stringify(Object.entries(rest).sort(([one], [other]) => (one < other ? -1 : 1)));

/** The longest name that leaves room for a number. */
const LONGEST = 16;

/** Names of objects by their definitions: their own, else one that says what they are, with a number if it is taken. */
function names<T extends Nameless & { readonly weight: number }>(
  all: readonly T[],
  called: (one: T) => string,
): (one: T) => string {
  const taken = new Set(all.flatMap(({ name }) => name ?? []));
  const byDefinition = new Map<string, string>();
  for (const one of all) {
    const definition = definitionOf(one);
    if (one.name !== undefined || byDefinition.has(definition)) continue;
    const base = called(one).replace(/\W/g, "_").slice(0, LONGEST) || "script";
    const free = [base, ...all.map((_, index) => `${base}_${index + 2}`)].find((name) => !taken.has(name)) ?? base;
    taken.add(free);
    byDefinition.set(definition, free);
  }
  return (one) => one.name ?? byDefinition.get(definitionOf(one)) ?? called(one);
}
