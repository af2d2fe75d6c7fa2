import { type Found, judgeAll } from "../../class/guide/judge.ts";
import {
  type ClientLook,
  clientQuestions,
  OWN_SECONDS,
  type OwnLook,
  readClientLook,
  readServerLook,
  type ServerLook,
  serverQuestions,
} from "../../class/guide/look.ts";
import { type Progress, wasReached } from "../../class/guide/progress.ts";
import type { Judgement, Step } from "../../class/guide/step.ts";
import { tryOnHost } from "../../provision/host/command.ts";
import { CLIENT } from "../../provision/host/reach.ts";
import { parseSections, patience, type Section, sectionScript } from "../../provision/ssh/index.ts";
import { type Check, type CheckResult, labelOf, runCheck } from "../../verify/checks/check.ts";
import type { Subject } from "../../verify/checks/subjects.ts";
import { type LiveLab, labHost, onServer } from "../../verify/live/live-lab.ts";
import { hangUp } from "../../verify/live/power.ts";
import { LateError, within } from "../within.ts";

/** After so many milliseconds a check that failed runs again although no look has differed: of what a look does not see. */
const AGAIN_MS = { started: 10_000, missing: 30_000 };

/** Seconds for a check, those of a client's requests that time out included. */
const CHECK_SECONDS = 90;

/** The answers to a look's questions. */
type Answers = Readonly<Record<string, Section>>;

/** How the lab is reached; replaced in tests. */
export interface Reach {
  server(name: string, questions: Readonly<Record<string, string>>): Promise<Answers>;
  client(questions: Readonly<Record<string, string>>): Promise<Answers>;
  /** Gives up a connection on which no answer comes. */
  hangUp(name: string): Promise<void>;
  readonly run: typeof runCheck;
  readonly now: () => number;
}

/** Seconds that a host may take for an answer before it counts as silent: 6, and 15 under emulation. */
const silentAfter = (live: LiveLab): number => 5 + patience(live, 1);

/** Reaches a lab over the SSH connections that its process keeps, and by its host. */
export const reachOf = (live: LiveLab): Reach => ({
  // A look every few seconds would drown the transcript, which is for what was done.
  server: async (name, questions) =>
    await (await onServer(live, name, { seconds: patience(live, 1) })).look(questions, { confidential: true }),
  async client(questions) {
    const { stdout } = await tryOnHost(labHost(live), CLIENT, ["bash", "-c", sectionScript(Object.values(questions))]);
    return parseSections(Object.keys(questions), stdout);
  },
  hangUp: async (name) => await hangUp(live, name),
  run: runCheck,
  now: () => performance.now(),
});

/** What a check was last run on. */
interface Ran {
  readonly on: string;
  readonly at: number;
  readonly results: readonly CheckResult[];
}

/** Commands of a teacher's own steps, by the host that they run on. */
export type OwnLooks = ReadonlyMap<string, readonly OwnLook[]>;

/**
 * Looks at a lab again and again, at little cost: one command a server and look, on the connection of the last one. Checks, which look closer and send
 * packets, run when what a look found has changed, and what is still open now and then.
 */
export class Looker {
  readonly #live: LiveLab;
  readonly #steps: readonly Step[];
  readonly #own: OwnLooks;
  readonly #reach: Reach;
  readonly #ran = new Map<string, Ran>();

  constructor(
    live: LiveLab,
    steps: readonly Step[],
    { own = new Map(), reach = reachOf(live) }: { own?: OwnLooks; reach?: Reach } = {},
  ) {
    this.#live = live;
    this.#steps = steps;
    this.#own = own;
    this.#reach = reach;
  }

  /** Looks once, and judges all steps by it. */
  async look(progress: Progress): Promise<Map<string, Judgement>> {
    const { lab } = this.#live;
    const [client, ...servers] = await Promise.all([
      this.#ask("client", async (): Promise<ClientLook> => {
        return readClientLook(lab, await this.#reach.client(clientQuestions(this.#own.get("client") ?? [])));
      }),
      ...lab.servers.map(async (server): Promise<[string, ServerLook | undefined]> => {
        const questions = serverQuestions(server, this.#own.get(server.name) ?? []);
        return [
          server.name,
          await this.#ask(server.name, async () => readServerLook(await this.#reach.server(server.name, questions))),
        ];
      }),
    ]);
    const found: Found = { client, servers: new Map(servers), results: new Map() };
    // What needs other steps comes after them, so that it is judged by what they are now.
    const results = new Map<string, readonly CheckResult[]>();
    for (const round of roundsOf(this.#steps)) {
      const judged = judgeAll(this.#steps, { ...found, results }, progress);
      const ready = round.filter(({ needs }) => needs.every((id) => judged.get(id)?.state === "reached"));
      await Promise.all(
        ready.map(async (step) => {
          const done = await this.#results(step, found, progress);
          if (done) results.set(step.id, done);
        }),
      );
    }
    return judgeAll(this.#steps, { ...found, results }, progress);
  }

  /** What a host answers; undefined: it does not. The connection of one that is silent is given up, for it may have lost its power. */
  async #ask<T>(host: string, work: () => Promise<T>): Promise<T | undefined> {
    const seconds = silentAfter(this.#live) + OWN_SECONDS * (this.#own.get(host) ?? []).length;
    try {
      return await within(seconds, () => work().catch(() => undefined));
    } catch (error) {
      if (!(error instanceof LateError)) throw error;
      if (host !== "client") void this.#reach.hangUp(host).catch(() => {});
      return undefined;
    }
  }

  /** The results of a step's check: those of before, unless something has changed. Undefined: there is no check, or a server is silent. */
  async #results(
    { id, recognised }: Step,
    found: Found,
    progress: Progress,
  ): Promise<readonly CheckResult[] | undefined> {
    if (recognised.by !== "check") return undefined;
    const { check, subjects, against } = recognised;
    const hosts =
      check.role === "client"
        ? this.#live.lab.servers.map(({ name }) => name)
        : [...new Set(subjects.map(({ host }) => host))];
    const looks = hosts.map((host) => found.servers.get(host));
    if (looks.includes(undefined)) return undefined;
    const said = subjects.map((subject) => against?.(found, subject, wasReached(progress, id)));
    const on = [...looks.map((look) => look?.digest), ...said.map(String)].join(" ");
    const before = this.#ran.get(id);
    if (before && before.on === on && !isDue(before, this.#reach.now())) return before.results;
    const running = Promise.all(
      subjects.map((subject, index) => {
        const reason = said[index];
        return reason === undefined
          ? this.#reach.run(this.#live, check, subject, { patience: "none" })
          : this.#unready(check, subject, reason);
      }),
    );
    // A server that falls silent now shows it in the next look.
    const results = await within(CHECK_SECONDS, () => running).catch((error) => {
      if (error instanceof LateError) return undefined;
      throw error;
    });
    if (!results) return undefined;
    this.#ran.set(id, { on, at: this.#reach.now(), results });
    return results;
  }

  /** The result of a check that need not run. */
  #unready(check: Check, subject: Subject, seen: string): CheckResult {
    const { lab } = this.#live;
    return {
      ...{ id: check.id, title: check.title, subject: labelOf(lab, check, subject), host: subject.host },
      ...{ passed: false, started: false, seen, hint: check.hint(lab, subject), ms: 0 },
      ...{ expected: check.expected(lab, subject), byHand: check.byHand(lab, subject), evidence: [] },
    };
  }
}

/** Whether a check that failed is to run again by the time alone. */
function isDue({ at, results }: Ran, now: number): boolean {
  if (results.every(({ passed }) => passed)) return false;
  return now - at >= (results.some(({ started }) => started) ? AGAIN_MS.started : AGAIN_MS.missing);
}

/** Steps by how many others they need: those that need none first, side by side. */
function roundsOf(steps: readonly Step[]): Step[][] {
  const first = steps.filter(({ needs }) => needs.length === 0);
  return [first, ...steps.filter(({ needs }) => needs.length > 0).map((step) => [step])];
}
