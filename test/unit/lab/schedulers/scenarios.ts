import { readFileSync } from "node:fs";
import { type Ip, toIp } from "../../../../lab/index.ts";
import { schedulingMethods } from "../../../../lab/schedulers/index.ts";
import type {
  Load,
  Move,
  NewConnection,
  SchedulingMethod,
  SchedulingTable,
} from "../../../../lab/schedulers/method.ts";

export const methods = Object.entries(schedulingMethods) as [keyof typeof schedulingMethods, SchedulingMethod][];

/** A decision that the kernel's module made, and those that the model allows, by the names that the scenario gives destinations; -1: none. */
export interface Decision {
  readonly made: number;
  readonly allowed: readonly number[];
}

/** The scenarios of recorded/NAME.txt, whose commands record.c describes, and what the model makes of each. */
export function recorded(name: keyof typeof schedulingMethods): Decision[][] {
  const text = readFileSync(new URL(`recorded/${name}.txt`, import.meta.url), "utf8");
  return text
    .trim()
    .split("\n\n")
    .map((scenario) => replayed(schedulingMethods[name], scenario.split("\n")));
}

interface Entry {
  readonly address: Ip;
  readonly port: number;
  readonly weight: number;
  active: number;
  inactive: number;
  overloaded: boolean;
}

function replayed(method: SchedulingMethod, lines: readonly string[]): Decision[] {
  const entries: Entry[] = [];
  const flags: string[] = [];
  const decisions: Decision[] = [];
  let table: SchedulingTable = { flags, destinations: [] };
  let states: unknown[] | undefined;
  // The kernel adds each destination at the head of its list.
  const nameAt = (place: number | undefined) => (place === undefined ? -1 : entries.length - 1 - place);
  const entry = (name: string) => {
    const found = entries[Number(name)];
    if (!found) throw new Error(`no destination ${name}`);
    return found;
  };
  for (const line of lines) {
    const [command, ...words] = line.split(" ");
    const [first = "", second = "", third = "", fourth = "", fifth = ""] = words;
    if (command === "flags") {
      const of = method.flags[0]?.split("-")[0];
      if (Number(first) & 8) flags.push(`${of}-fallback`);
      if (Number(first) & 16) flags.push(`${of}-port`);
    } else if (command === "dest") {
      entries.push({
        address: toIp(first),
        port: Number(second),
        weight: Number(third),
        active: Number(fourth),
        inactive: Number(fifth),
        overloaded: false,
      });
      table = { flags, destinations: entries.toReversed() };
    } else if (command === "overload") entry(first).overloaded = true;
    else if (command === "later")
      states = states?.map((state) => ({ ...(state as object), stale: (state as { places: [] }).places.length > 1 }));
    else if (command === "close") {
      entry(first).active--;
      entry(first).inactive++;
    } else if (command === "open") {
      const made = Number(fifth);
      const connection = { client: toIp(first), clientPort: Number(second), vip: toIp(third) };
      const moves = allMoves(
        method,
        table,
        entries.toReversed().map(exactly),
        connection,
        states ?? method.states(table),
      );
      decisions.push({ made, allowed: [...new Set(moves.map(({ to }) => nameAt(to)))] });
      states = unlike(moves.filter(({ to }) => nameAt(to) === made).map(({ state }) => state));
      if (made >= 0) entry(String(made)).active++;
    } else throw new Error(`unknown command: ${line}`);
  }
  return decisions;
}

export const exactly = ({ active, inactive, overloaded }: Pick<Entry, "active" | "inactive" | "overloaded">): Load => ({
  active,
  inactive: { least: inactive, most: inactive },
  overloaded,
});

/** Every decision that some state allows. */
export const allMoves = (
  method: SchedulingMethod,
  table: SchedulingTable,
  loads: readonly Load[],
  connection: NewConnection,
  states: readonly unknown[],
): Move<unknown>[] => states.flatMap((state) => method.next(table, loads, connection, state));

const unlike = (states: readonly unknown[]): unknown[] =>
  [...new Set(states.map((state) => JSON.stringify(state)))].map((text) => JSON.parse(text));
