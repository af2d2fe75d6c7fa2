import { directors, type Lab, realServers, type Stage } from "../../lab/lab.ts";
import type { Path } from "../../lab/yaml/document.ts";
import type { Draft, PlacedStep } from "./draft.ts";
import { stepsOf } from "./draft.ts";

/** Who is who when a scenario starts. */
export interface Players {
  /** The director that holds the VIP. */
  readonly master: string;
  /** The best of the other directors; null in stage dr. */
  readonly standby: string | null;
}

/** The players of a lab whose VIP is with `master`. */
export function playersOf(lab: Lab, master: string): Players {
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
export function namesOf(selector: string, lab: Lab, { master, standby }: Players): string[] | undefined {
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

/** Every selector that expectations have; those of faults and heals are judged with their faults. */
export function usesOf(draft: Draft): Use[] {
  return stepsOf(draft).flatMap(usesOfStep);
}

function usesOfStep({ path, step }: PlacedStep): Use[] {
  const { vip, arp, table, balance, mail, log, vrrp } = step.expect ?? {};
  const at = (...rest: PropertyKey[]): Path => [...path, "expect", ...rest];
  const shares = typeof balance === "object" ? balance : {};
  const found: [Path, string | undefined, Wanted][] = [
    [at("vip"), vip === "nobody" || vip === "both" ? undefined : vip, "a director"],
    [at("arp"), arp === "other" ? undefined : arp, "a server"],
    [at("table", "on"), table?.on, "a director"],
    ...listed(at("table", "realServers"), table?.realServers),
    ...listed(at("table", "without"), table?.without),
    [at("balance", "only"), shares.only, "a real server"],
    [at("balance", "without"), shares.without, "a real server"],
    [at("mail", "on"), mail?.on, "a director"],
    [at("log", "on"), log?.on, "a director"],
    [at("vrrp", "on"), vrrp?.on, "a director"],
  ];
  return found.flatMap(([where, selector, wanted]) =>
    selector === undefined ? [] : [{ path: where, selector, wanted }],
  );
}

/** The selectors of what is one, a list, or `none`. */
function listed(path: Path, value: string | readonly string[] | undefined): [Path, string | undefined, Wanted][] {
  return Array.isArray(value)
    ? value.map((selector, index) => [[...path, index], selector, "real servers"])
    : [[path, value === "none" ? undefined : (value as string | undefined), "real servers"]];
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
