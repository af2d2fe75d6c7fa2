import type { Tracked } from "../../lab/index.ts";
import { trackedFaults } from "../../verify/faults/tracked.ts";

/** How something that the master tracks is made to fail. */
export interface Failure {
  /** The fault's, and its parameters. */
  readonly id: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** What the report says of it, where the event's own words are about something else. */
  readonly words?: { readonly title: string; readonly description: string };
}

/** A script that looks for a process fails by the end of that process: so clients see what it is there for. Everything else fails by itself. */
export function failureOf({ kind, name, process }: Tracked): Failure {
  if (kind !== "script" || process === undefined) return trackedFaults[kind](name);
  return {
    ...trackedFaults.process(name),
    words: {
      title: `${process}, which the script ${name} looks for, ends on the master, and runs again`,
      description: `The service of ${process} is stopped. keepalived learns of it by the script ${name} alone, after as many failures as its \`fall\` says: with a weight the master's priority falls by it, without one it goes to FAULT.`,
    },
  };
}
