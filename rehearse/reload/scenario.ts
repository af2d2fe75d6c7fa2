import { instanceOfVip, longestTime, masterDownOf, type VirtualService } from "../../lab/index.ts";
import type { LiveLab } from "../../verify/live/live-lab.ts";
import {
  completed,
  type ResolvedChangeStep,
  type ResolvedExpectStep,
  type ResolvedScenario,
  rolesOf,
} from "../../verify/scenarios/index.ts";

/** What a reload rehearsal needs to know. */
export interface ReloadOptions {
  /** Whose clients ask all the time. */
  readonly service: VirtualService;
  /** The director that holds its address before. */
  readonly master: string;
  /** The directors, in the order in which they get their new files. */
  readonly order: readonly string[];
  /** Puts the new files on a director and has keepalived read them. @throws Error with what went wrong */
  readonly reload: (server: string) => Promise<void>;
}

/** How many connections clients keep open. */
const CONNECTIONS = 4;

/** How long a director is watched at least after its reload, in milliseconds. */
const WATCHED_MS = 10_000;

/** The steps for each director: its reload, service, and three measures. */
const STEPS = 5;

/** The number of the step that reloads the director at a place in the order, from 0. */
export const reloadStep = (place: number): number => 2 + place * STEPS;

/** A scenario that reloads new files on one director after the other, under load, and watches what clients see of it. */
export function reloadScenario(live: LiveLab, { service, master, order, reload }: ReloadOptions): ResolvedScenario {
  const { lab } = live;
  const instance = instanceOfVip(lab, service.vip) ?? null;
  // A VIP that moves does so when a master has been silent; a real server that fails its checks is out when they have been made.
  const silence = instance ? Math.max(...instance.members.map(({ server }) => masterDownOf(lab, instance, server))) : 0;
  const checked = service.healthCheck ? longestTime(service.healthCheck, ["refuses"]) * 1000 : 0;
  const watched = Math.ceil(Math.max(WATCHED_MS, 2 * silence, Math.min(checked, 60_000)) / 1000) * 1000;
  const expect = (n: number, input: Parameters<typeof completed>[0], more: Partial<ResolvedExpectStep> = {}) =>
    ({ kind: "expect", n, line: 0, expectations: completed(input), withinMs: 0, forMs: 0, ...more }) as const;
  return {
    ...{ name: "reload", file: "", text: "", controls: ["keepalived"], requires: {}, service, instance },
    title: "New files are reloaded, one director after the other",
    description:
      "keepalived reads its new files while clients ask. It keeps what is the same in both; an instance or virtual server that is not is made anew. " +
      "The directors that hold no address come first, as in a careful roll-out.",
    load: { intervalMs: 20, timeoutMs: 2000, longLived: CONNECTIONS },
    ...rolesOf(lab, service, master),
    steps: [
      expect(1, { served: "2s" }, { withinMs: 60_000 }),
      ...order.flatMap((server, place): (ResolvedChangeStep | ResolvedExpectStep)[] => {
        const n = reloadStep(place);
        return [
          { kind: "change", n, line: 0, title: `reload the new files on ${server}`, apply: () => reload(server) },
          expect(n + 1, { served: "2s" }, { withinMs: 60_000, forMs: watched }),
          expect(n + 2, { outage: "none" }),
          expect(n + 3, { failed: "none" }),
          expect(n + 4, { connections: "survive" }),
        ];
      }),
    ],
  };
}
