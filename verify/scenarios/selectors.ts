import {
  byPriority,
  type Control,
  hostPort,
  instanceOfVip,
  isStandIn,
  type Lab,
  type Role,
  realServers,
  type VirtualService,
} from "../../lab/index.ts";
import type { Path } from "../../lab/yaml/document.ts";
import { LabError } from "../live/lab-error.ts";

/**
 * A name for servers of any lab: `master` (the director that holds the VIP when the scenario starts) and `standby` (the other director with
 * the highest priority), both fixed for the whole run; `director` (the only one where ipvsadm is in control, which is also `master`); `real-server-1` … (in
 * the order of the service); `real-servers` (all of them); `segment` (no server: the lab's segment, for faults that an outside host brings);
 * or a server's own name.
 */
export type Selector = string;

/** The roles of directors when a scenario starts. */
export interface Roles {
  /** The director that holds the VIP. */
  readonly master: string;
  /** The other director with the highest priority; null where ipvsadm is in control. */
  readonly standby: string | null;
  /** The real servers of the service, in its order. */
  readonly realServers: readonly string[];
}

/** The roles of directors for a service whose VIP is with `master`. */
export function rolesOf(lab: Lab, { vip, realServers: reals }: VirtualService, master: string): Roles {
  const instance = instanceOfVip(lab, vip);
  const best = instance && byPriority(instance).find(({ server }) => server !== master);
  return { master, standby: best?.server ?? null, realServers: reals.map(({ server }) => server) };
}

/**
 * A virtual service of the lab, by its name or VIP:PORT, by default the first by TCP, or else the first.
 * @throws LabError of kind `misuse` with all names
 */
export function serviceOf({ services }: Lab, name?: string): VirtualService {
  const service =
    name === undefined
      ? (services.find(({ protocol }) => protocol === "tcp") ?? services[0])
      : services.find((one) => [one.name, hostPort(one.vip, one.port)].includes(name));
  if (service) return service;
  const names = services.map((one) => one.name).join(", ");
  throw new LabError(
    name === undefined ? "the lab has no virtual service" : `the lab has no service "${name}"; it has ${names}`,
    "misuse",
  );
}

/** The selector of the network, which is no server. */
export const segment = "segment";

const ordinal = /^real-server-([1-9]\d?)$/;

/** Whether a selector has a meaning in any lab; otherwise it is a server's own name. */
export const isPart = (selector: string): boolean =>
  ["master", "standby", "director", "real-servers", segment].includes(selector) || ordinal.test(selector);

/** The names of the servers that a selector means; undefined if the lab has none. A role takes precedence over a server of that name. */
export function namesOf(
  selector: string,
  lab: Lab,
  { master, standby, realServers: all }: Roles,
): string[] | undefined {
  const nth = ordinal.exec(selector)?.[1];
  if (nth) {
    return all[Number(nth) - 1] === undefined ? undefined : [all[Number(nth) - 1] as string];
  }
  switch (selector) {
    case "master":
      return [master];
    case "director":
      return lab.control === "ipvsadm" ? [master] : undefined;
    case "standby":
      return standby === null ? undefined : [standby];
    case "real-servers":
      return [...all];
    case segment:
      return lab.networks.slice(0, 1).map(({ name }) => name);
    default:
      return roleIn(lab, selector) === undefined ? undefined : [selector];
  }
}

/** All selectors of a lab: roles, then names. */
export function selectorsOf(lab: Lab): string[] {
  return [
    ...(lab.control === "ipvsadm" ? ["master", "director"] : ["master", "standby"]),
    ...[...realServers(lab), ...(lab.standIns ?? [])].map((_, index) => `real-server-${index + 1}`),
    "real-servers",
    ...[...lab.servers, ...(lab.standIns ?? [])].map(({ name }) => name),
  ];
}

/** What a host of a lab is; undefined: it has none of this name. */
const roleIn = (lab: Lab, host: string): Role | undefined =>
  lab.servers.find(({ name }) => name === host)?.role ?? (isStandIn(lab, host) ? "real-server" : undefined);

/** The servers that a property of the file accepts. */
export type Wanted = "a director" | "a real server" | "real servers" | "a server";

/** A selector and its place. */
export interface Use {
  readonly path: Path;
  readonly selector: string;
  readonly wanted: Wanted;
}

/** Whether a property accepts a selector that means these servers of a lab. */
export function fits(wanted: Wanted, selector: string, names: readonly string[], lab: Lab): boolean {
  const all = (wantedRole: string) => names.every((name) => roleIn(lab, name) === wantedRole);
  switch (wanted) {
    case "a director":
      return all("director");
    case "a real server":
      return selector !== "real-servers" && all("real-server");
    case "real servers":
      return all("real-server");
    case "a server":
      return selector !== "real-servers" && names.every((name) => roleIn(lab, name) !== undefined);
  }
}

/** The selectors of a control that a property accepts, in words. */
export function choicesFor(wanted: Wanted, control: Control): string {
  const ofDirectors = control === "ipvsadm" ? ["master", "director"] : ["master", "standby"];
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
