import { poolOf, type VirtualService } from "../../lab/index.ts";
import type { Answer, Client, Held, Source } from "./requests.ts";

/** What happened to the service, in order. */
export type Event =
  | { readonly kind: "asked" | "held"; readonly from: Source; readonly answer: Answer }
  /** A held connection to this real server was closed. */
  | { readonly kind: "released"; readonly server: string | undefined };

/** How many requests are made on connections of their own. */
export const REQUESTS = 10;

/** The most connections that are held at once: each takes some hundredths of a second. */
const MOST_HELD = 24;

/**
 * Ten requests, and connections that stay open between them, so that schedulers differ by what clients see:
 *
 * 1. Four requests: they show turns, and where nothing stands.
 * 2. Connections are held, one more than the highest weight lets a real server have: they show weights, and what happens above them.
 * 3. All that are held by the last one's real server end: two requests, while others are busy and it is idle.
 * 4. All others end but one: two requests, while one real server is busy, but not above its weight.
 * 5. Some more are held, and the last of them alone stays: two requests, while that one's real server is busy, the others idle.
 *
 * The held ones are a multiple of the real servers, so that under rr the requests alone are in turn, too. When connections fail, no more are held; it
 * stops when more than one failed and each real server had a turn, because each that hangs takes seconds.
 */
export async function experiment(
  client: Client,
  service: VirtualService,
  next: () => Promise<Source>,
): Promise<Event[]> {
  const events: Event[] = [];
  const size = poolOf(service).length;
  let held: Held[] = [];
  const failures = (): number =>
    events.filter((event) => event.kind !== "released" && event.answer.outcome !== "answered").length;
  const hopeless = (): boolean => failures() > 1 && events.length > size;
  const ask = async (count: number): Promise<void> => {
    for (let request = 0; request < count && !hopeless(); request++) {
      const from = await next();
      events.push({ kind: "asked", from, answer: await client.ask(from) });
    }
  };
  const hold = async (count: number): Promise<void> => {
    for (let connection = 0; connection < count && !hopeless(); connection++) {
      const from = await next();
      const one = await client.hold(from);
      events.push({ kind: "held", from, answer: one });
      if (one.outcome === "answered") held.push(one);
    }
  };
  const release = async (those: (one: Held, index: number) => boolean): Promise<void> => {
    const ending = held.filter(those);
    held = held.filter((one) => !ending.includes(one));
    await Promise.all(ending.map((one) => one.release()));
    for (const { server } of ending) events.push({ kind: "released", server });
  };
  try {
    await ask(4);
    if (failures() > 0) {
      await ask(REQUESTS - 4);
      return events;
    }
    await hold(heldBy(service));
    const last = held.at(-1)?.server;
    await release(({ server }) => server === last);
    await ask(2);
    await release((_, index) => index > 0);
    await ask(2);
    await hold(size);
    const newest = held.at(-1);
    await release((one) => one !== newest);
    await ask(2);
  } finally {
    await release(() => true);
  }
  return events;
}

/** How many connections are held first. Not more than ovf can place: that many, and one, for each weight. */
export function heldBy(service: VirtualService): number {
  const weights = poolOf(service).map(({ weight }) => weight);
  const size = weights.length;
  const capacity = weights.reduce((sum, weight) => sum + weight + 1, 0);
  const wanted = Math.min(Math.max(2 * size, Math.max(...weights) + 2), Math.max(MOST_HELD, size));
  return Math.min(Math.ceil(wanted / size), Math.floor(capacity / size)) * size;
}

/** Ten requests and nothing else, from these sources or until it is hopeless. */
export async function requestsOnly(
  client: Client,
  next: () => Promise<Source>,
  count: number,
  size: number,
): Promise<Event[]> {
  const events: Event[] = [];
  let failed = 0;
  while (events.length < count && (failed < 2 || events.length <= size)) {
    const from = await next();
    const answer = await client.ask(from);
    if (answer.outcome === "failed") failed++;
    events.push({ kind: "asked", from, answer });
  }
  return events;
}
