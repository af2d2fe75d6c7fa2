import { setTimeout as delay } from "node:timers/promises";
import type { Control, Lab } from "../../lab/index.ts";
import { InterruptedError } from "../live/interruptible.ts";
import type { LiveLab } from "../live/live-lab.ts";
import { type Evidence, View } from "../live/view.ts";
import type { Subject } from "./subjects.ts";

/** Whose part of the lab a check is about, and so where somebody looks who does it by hand. */
export const checkRoles = ["director", "real-server", "client"] as const;

/**
 * One fact about a running lab, asserted. It reads the live lab and nothing else, and asserts what is the case however it came about:
 * the article's steps typed by hand pass as ours do.
 */
export interface Check<S extends Subject = Subject> {
  /** Kebab case; how it is chosen and reported. */
  readonly id: string;
  readonly title: string;
  readonly role: (typeof checkRoles)[number];
  /** What it proves and why that matters, in a sentence or two. */
  readonly proves: string;
  /** Its tasks in exercises, by who is to be in control; absent: it is not graded. */
  readonly grading?: Partial<Readonly<Record<Control, Grading>>>;
  /** Whether it breaks something for a moment (and mends it). Only run when asked for. */
  readonly faulty?: boolean;
  /** How long the lab may take to get there after a change, in seconds: timers of VRRP and of health checks, which no machine shortens. */
  readonly settles?: number;
  /** Whether it must hold in the lab; in a manual one, once the exercise is done. */
  appliesTo(lab: Lab): boolean;
  /** What it is asserted of. */
  subjects(lab: Lab): readonly S[];
  /** What must be seen, in words. */
  expected(lab: Lab, subject: S): string;
  /** The commands by which a person sees it, as typed on the subject. */
  byHand(lab: Lab, subject: S): readonly string[];
  /** What to do when it is not so, for somebody who does the lab's steps by hand. */
  hint(lab: Lab, subject: S): string;
  /** Looks, and says what was seen. */
  look(view: View, subject: S): Promise<Seen>;
}

/** A check as a task of an exercise: one for each of its subjects, unless they are one thing. */
export interface Grading {
  readonly points: number;
  /** One task for all subjects: what one of them must not do is no achievement while none does it. */
  readonly together?: boolean;
  /** The id of the check that its task follows, where that is not the one before it in the list of checks. */
  readonly after?: string;
}

export interface Seen {
  readonly passed: boolean;
  /** In words, to stand beside `expected`. */
  readonly seen: string;
  /** Whether there is anything of it yet, right or wrong: what tells a mistake from a step that has not been done. */
  readonly started: boolean;
  /** What to do about just this, where that is more than the check's own hint. */
  readonly hint?: string;
}

export interface CheckResult extends Seen {
  readonly id: string;
  readonly title: string;
  /** Where: a server's name or `client`, and the service or VRRP instance where the check has several there. */
  readonly subject: string;
  /** A server's name, or `client`. */
  readonly host: string;
  /** The name of the virtual service that it is about, if it is about one. */
  readonly service?: string;
  /** The name of the VRRP instance that it is about, if it is about one. */
  readonly instance?: string;
  readonly expected: string;
  /** The commands by which a person sees the same on the subject. */
  readonly byHand: readonly string[];
  readonly evidence: readonly Evidence[];
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** How long a check that has not passed is looked at again. */
export interface Patience {
  /**
   * `settling`, the default: until the check's time to settle is over. `started`: that long only where there is something that could
   * settle. `none`: one look.
   */
  readonly patience?: "settling" | "started" | "none";
}

/**
 * Runs one check on one subject, again until it passes or the time to settle is over. What goes wrong in looking is a check that has failed.
 * @throws InterruptedError if a signal ended one that had broken something, after it was mended
 */
export async function runCheck(
  live: LiveLab,
  check: Check,
  subject: Subject,
  { patience = "settling" }: Patience = {},
): Promise<CheckResult> {
  const begin = performance.now();
  const deadline = begin + (patience === "none" ? 0 : (check.settles ?? 0)) * 1000;
  for (;;) {
    const view = new View(live);
    let unseen = false;
    const { passed, seen, started, hint } = await check.look(view, subject).catch((error: Error): Seen => {
      if (error instanceof InterruptedError) throw error;
      unseen = true;
      // What cannot be looked at is not nothing: a server that is off has to be seen to.
      return {
        passed: false,
        seen: error.message,
        started: true,
        hint: "It could not be looked at: see to that first.",
      };
    });
    if (passed || performance.now() >= deadline || (patience === "started" && (!started || unseen)))
      return {
        id: check.id,
        title: check.title,
        subject: labelOf(live.lab, check, subject),
        host: subject.host,
        ...(subject.service ? { service: subject.service.name } : {}),
        ...(subject.instance ? { instance: subject.instance.name } : {}),
        passed,
        started,
        expected: check.expected(live.lab, subject),
        seen,
        ...(passed ? {} : { hint: hint ?? check.hint(live.lab, subject) }),
        byHand: check.byHand(live.lab, subject),
        evidence: view.evidence,
        ms: Math.round(performance.now() - begin),
      };
    await delay(250);
  }
}

/** Which checks are meant; what is not given does not narrow them. */
export interface Selection {
  /** These ids. */
  readonly only?: readonly string[];
  /** These roles' part of the lab. */
  readonly roles?: readonly string[];
  /** Looked at on these: servers' names, or `client`. */
  readonly hosts?: readonly string[];
}

export interface RunOptions extends Selection, Patience {
  /** Also the checks that break something for a moment, one after another, when all others have passed. */
  readonly faults?: boolean;
  readonly onResult?: (result: CheckResult) => void;
}

/** The selected checks that fit the lab, each with each of its selected subjects, in order. */
export function selectChecks(
  lab: Lab,
  checks: readonly Check[],
  { only, roles, hosts }: Selection,
): { check: Check; subject: Subject }[] {
  return checks
    .filter(
      (check) => check.appliesTo(lab) && (only?.includes(check.id) ?? true) && (roles?.includes(check.role) ?? true),
    )
    .flatMap((check) =>
      check
        .subjects(lab)
        .filter(({ host }) => hosts?.includes(host) ?? true)
        .map((subject) => ({ check, subject })),
    );
}

/** A subject in a word: its host, and what else tells it from the check's other subjects on that host. */
export function labelOf(lab: Lab, check: Check, { host, service, instance }: Subject): string {
  const there = check.subjects(lab).filter((other) => other.host === host);
  return there.length < 2 ? host : [host, service?.name ?? instance?.name].filter(Boolean).join(" ");
}

/** Runs the checks that fit the lab: the steady ones side by side, then the faulty ones in order. */
export async function runChecks(
  live: LiveLab,
  checks: readonly Check[],
  options: RunOptions = {},
): Promise<CheckResult[]> {
  const selected = selectChecks(live.lab, checks, options);
  const run = async ({ check, subject }: (typeof selected)[number]): Promise<CheckResult> => {
    const result = await runCheck(live, check, subject, options);
    options.onResult?.(result);
    return result;
  };
  const results = await Promise.all(selected.filter(({ check }) => !check.faulty).map(run));
  if (options.faults || options.only) {
    // A lab that is not whole says nothing about a fault.
    for (const one of selected.filter(({ check }) => check.faulty))
      if (results.every(({ passed }) => passed)) results.push(await run(one));
  }
  return results;
}

/** The same, again and again until all pass or so many seconds are over. */
export async function runChecksUntilTheyPass(
  live: LiveLab,
  checks: readonly Check[],
  { seconds, ...options }: RunOptions & { seconds: number },
): Promise<CheckResult[]> {
  const deadline = performance.now() + seconds * 1000;
  let results = await runChecks(live, checks, options);
  while (!allPassed(results) && performance.now() < deadline) results = await runChecks(live, checks, options);
  return results;
}

export const allPassed = (results: readonly CheckResult[]): boolean => results.every(({ passed }) => passed);
