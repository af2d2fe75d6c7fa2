import { directors, type Lab, realServers, type Stage } from "../../lab/lab.ts";
import type { Path } from "../../lab/yaml/document.ts";

/**
 * Who is meant: `master`, `standby` (who holds the VIP when the scenario starts, and the best of the other directors; they keep these
 * names whatever happens), `director` (stage dr: the one, which is also `master`), `real-server-1` … (in the order of the lab file),
 * `real-servers` (each of them), `segment` (no server: the lab's segment, for faults that a foreign host brings), or a server's own name.
 */
export type Selector = string;

/** Who is who when a scenario starts. */
export interface Roles {
  /** The director that holds the VIP. */
  readonly master: string;
  /** The best of the other directors; null in stage dr. */
  readonly standby: string | null;
}

/** The roles of a lab whose VIP is with `master`. */
export function rolesOf(lab: Lab, master: string): Roles {
  const others = directors(lab).filter(({ name }) => name !== master);
  const [best] = others.toSorted((one, other) => (other.priority ?? 0) - (one.priority ?? 0));
  return { master, standby: best?.name ?? null };
}

/** The place that is no server. */
export const segment = "segment";

const ordinal = /^real-server-([1-9]\d?)$/;

/** Whether a selector means a server by its part, in any lab; else it is a server's own name. */
export const isPart = (selector: string): boolean =>
  ["master", "standby", "director", "real-servers", segment].includes(selector) || ordinal.test(selector);

/** Who is meant, by name; undefined if the lab has no such server. A part comes before a server that is called so. */
export function namesOf(selector: string, lab: Lab, { master, standby }: Roles): string[] | undefined {
  const all = realServers(lab).map(({ name }) => name);
  const nth = ordinal.exec(selector)?.[1];
  if (nth) {
    return all[Number(nth) - 1] === undefined ? undefined : [all[Number(nth) - 1] as string];
  }
  switch (selector) {
    case "master":
      return [master];
    case "director":
      return lab.stage === "dr" ? [master] : undefined;
    case "standby":
      return standby === null ? undefined : [standby];
    case "real-servers":
      return all;
    case segment:
      return [segment];
    default:
      return lab.servers.some(({ name }) => name === selector) ? [selector] : undefined;
  }
}

/** All selectors of a lab: parts, then names. */
export function selectorsOf(lab: Lab): string[] {
  return [
    ...(lab.stage === "dr" ? ["master", "director"] : ["master", "standby"]),
    ...realServers(lab).map((_, index) => `real-server-${index + 1}`),
    "real-servers",
    ...lab.servers.map(({ name }) => name),
  ];
}

/** What is asked for at a place of the file that takes a selector. */
export type Wanted = "a director" | "a real server" | "real servers" | "a server";

/** A selector and its place. */
export interface Use {
  readonly path: Path;
  readonly selector: string;
  readonly wanted: Wanted;
}

/** Whether a selector that means these servers of a lab is what is wanted. */
export function fits(wanted: Wanted, selector: string, names: readonly string[], lab: Lab): boolean {
  const role = (name: string) => lab.servers.find((server) => server.name === name)?.role;
  const all = (wantedRole: string) => names.every((name) => role(name) === wantedRole);
  switch (wanted) {
    case "a director":
      return all("director");
    case "a real server":
      return selector !== "real-servers" && all("real-server");
    case "real servers":
      return all("real-server");
    case "a server":
      return selector !== "real-servers" && names.every((name) => role(name) !== undefined);
  }
}

/** A stage's selectors for what is wanted, in words. */
export function choicesFor(wanted: Wanted, stage: Stage): string {
  const ofDirectors = stage === "dr" ? ["master", "director"] : ["master", "standby"];
  switch (wanted) {
    case "a director":
      return ofDirectors.join(", ");
    case "a real server":
      return "real-server-1, real-server-2 …";
    case "real servers":
      return "real-server-1, real-server-2 …, real-servers";
    case "a server":
      return [...ofDirectors, "real-server-1, real-server-2 …"].join(", ");
  }
}
