import type { Operation } from "../provision/operation-log.ts";

/** Phases of an `up` in order, each with its resources: a phase ends with the last of them. */
export const phases = [
  ["host and image", ["LabHost", "GuestImage"]],
  ["machines", ["Domain", "Volume", "Network"]],
  ["boot to SSH", ["BaseSystem"]],
  ["packages", ["Packages"]],
  ["configuration", ["Httpd", "RealServer", "Keepalived", "Mail", "PeerKeys", "Director"]],
  ["waiting to serve", ["Serving"]],
] as const satisfies readonly (readonly [string, readonly string[]])[];
export type Phase = (typeof phases)[number][0];

/**
 * Duration of each phase of an `up` in milliseconds, counted from the end of the previous phase, from the operations on the lab's own
 * resources. Roles of fast servers overlap with packages of slow ones: a phase that ended before its predecessor is left out.
 * @param begun wall-clock start of the `up`
 */
export function phaseTimes(begun: Date, operations: readonly Operation[]): { phase: Phase; ms: number }[] {
  const made = operations.filter(({ verb }) => verb !== "delete");
  // The machines are libvirt's resources, whose operations are not logged here: they exist once the wait for the first one begins.
  const waited = made.filter(({ type }) => type === "BaseSystem").map((operation) => operation.begun.getTime());
  const endOf = ([phase, types]: (typeof phases)[number]): number =>
    phase === "machines" && waited.length > 0
      ? Math.min(...waited)
      : Math.max(
          ...made
            .filter(({ type }) => (types as readonly string[]).includes(type))
            .map((operation) => operation.begun.getTime() + operation.ms),
        );
  let before = begun.getTime();
  const times: { phase: Phase; ms: number }[] = [];
  for (const row of phases) {
    const end = endOf(row);
    if (end > before) {
      times.push({ phase: row[0], ms: end - before });
      before = end;
    }
  }
  return times;
}

/** `1 min 52 s: host and image 3.1 s, boot to SSH 24 s, …` */
export function formatPhases(times: readonly { phase: Phase; ms: number }[]): string {
  const total = times.reduce((sum, { ms }) => sum + ms, 0);
  return `${inWords(total)}: ${times.map(({ phase, ms }) => `${phase} ${inWords(ms)}`).join(", ")}`;
}

function inWords(ms: number): string {
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
