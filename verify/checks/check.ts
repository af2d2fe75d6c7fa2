import { setTimeout as delay } from "node:timers/promises";
import type { Control, Lab } from "../../lab/index.ts";
import { InterruptedError } from "../live/interruptible.ts";
import type { LiveLab } from "../live/live-lab.ts";
import { type Evidence, View } from "../live/view.ts";
import { type Subject, undisturbed } from "./subjects.ts";

/** The part of the lab that a check is about, and where a student looks for the problem. */
export const checkRoles = ["director", "real-server", "client"] as const;

/**
 * An assertion about a running lab. It only reads the live lab, and does not depend on how its state came about: steps of the article typed
 * by hand pass too.
 */
export interface Check<S extends Subject = Subject> {
  /** Kebab case, for selection and reports. */
  readonly id: string;
  readonly title: string;
  readonly role: (typeof checkRoles)[number];
  /** What it proves and why it matters, in a sentence or two. */
  readonly proves: string;
  /** Its tasks in exercises, by who is to be in control; absent: it is not graded. */
  readonly grading?: Partial<Readonly<Record<Control, Grading>>>;
  /** Whether it is about its own requests to a service: no other such check of this process makes requests to it meanwhile. */
  readonly alone?: boolean;
  /** Whether it breaks something for a moment (and mends it). Only run when asked for. */
  readonly faulty?: boolean;
  /** Whether it reboots a server. Such a faulty check takes long, and has to be asked for by itself. */
  readonly reboots?: boolean;
  /** Seconds that the lab may need after a change: timers of VRRP and health checks, independent of the machine's speed. */
  readonly settles?: number | ((lab: Lab) => number);
  /** Whether it applies to the lab; in a manual lab, once the exercise is done. */
  appliesTo(lab: Lab): boolean;
  /** The hosts, services or VRRP instances to check. */
  subjects(lab: Lab): readonly S[];
  /** The expected observation, as text. */
  expected(lab: Lab, subject: S): string;
  /** Commands that show the same by hand, as typed on the subject. */
  byHand(lab: Lab, subject: S): readonly string[];
  /** What to do if it fails, for a student who sets the lab up by hand. */
  hint(lab: Lab, subject: S): string;
  /** Observes the subject and reports the result. */
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
  /** As text, comparable with `expected`. */
  readonly seen: string;
  /** Whether there is any of it yet, right or wrong: distinguishes a mistake from a missing step. */
  readonly started: boolean;
  /** A fix for this failure, if it is more specific than the check's hint. */
  readonly hint?: string;
}

export interface CheckResult extends Seen {
  readonly id: string;
  readonly title: string;
  /** A server's name or `client`, followed by the service or VRRP instance if the check has several there. */
  readonly subject: string;
  /** A server's name, or `client`. */
  readonly host: string;
  /** The name of its virtual service, if any. */
  readonly service?: string;
  /** The name of its VRRP instance, if any. */
  readonly instance?: string;
  readonly expected: string;
  /** Commands that show the same by hand on the subject. */
  readonly byHand: readonly string[];
  readonly evidence: readonly Evidence[];
  /** Duration in milliseconds. */
  readonly ms: number;
}

/** How long to retry a failing check. */
export interface Patience {
  /**
   * `settling`, the default: for the check's settling time. `started`: for that time, if there is something that could settle. `none`: no
   * retry.
   */
  readonly patience?: "settling" | "started" | "none";
}

/**
 * Runs one check on one subject, retrying until it passes or its settling time is over. An error while observing fails the check.
 * @throws InterruptedError if a signal ended one that had injected a fault, after the fault was healed
 */
export async function runCheck(
  live: LiveLab,
  check: Check,
  subject: Subject,
  { patience = "settling" }: Patience = {},
): Promise<CheckResult> {
  const begin = performance.now();
  const deadline = begin + (patience === "none" ? 0 : settlingTime(check, live.lab)) * 1000;
  for (;;) {
    const view = new View(live);
    let unseen = false;
    const looked = inTurn(live, check, subject, () => check.look(view, subject));
    const { passed, seen, started, hint } = await looked.catch((error: Error): Seen => {
      if (error instanceof InterruptedError) throw error;
      unseen = true;
      // An unreadable server counts as failed, not as empty.
      return {
        passed: false,
        seen: error.message,
        started: true,
        hint: "It could not be checked: fix that first.",
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

/** Runs a check's look, alone if it is to be. */
const inTurn = (live: LiveLab, { alone }: Check, { service }: Subject, look: () => Promise<Seen>): Promise<Seen> =>
  alone && service ? undisturbed(live, service, look) : look();

/** Seconds that a lab may need before a check passes. */
export const settlingTime = ({ settles = 0 }: Check, lab: Lab): number =>
  typeof settles === "number" ? settles : settles(lab);

/** Selects checks; an absent property does not restrict. */
export interface Selection {
  /** These ids. */
  readonly only?: readonly string[];
  /** Checks about these roles. */
  readonly roles?: readonly string[];
  /** On these hosts: servers' names, or `client`. */
  readonly hosts?: readonly string[];
}

/** What runs only when it is asked for. */
export interface Asked {
  /** The checks that inject a fault, one at a time, once all others have passed. */
  readonly faults?: boolean;
  /** Those that reboot a server, after these. */
  readonly reboots?: boolean;
}

export interface RunOptions extends Selection, Patience, Asked {
  readonly onResult?: (result: CheckResult) => void;
}

/** The selected checks that apply to the lab, each with its selected subjects, in order. */
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

/** A subject's label: its host, and what distinguishes it from the check's other subjects on that host. */
export function labelOf(lab: Lab, check: Check, { host, service, instance }: Subject): string {
  const there = check.subjects(lab).filter((other) => other.host === host);
  return there.length < 2 ? host : [host, service?.name ?? instance?.name].filter(Boolean).join(" ");
}

/** Runs the checks that apply to the lab: the read-only ones in parallel, then those with faults in order. */
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
  const faulty = selected.filter(({ check }) => check.faulty && (options.only || isAskedFor(check, options)));
  let whole = allPassed(results);
  for (const one of faulty) {
    // In a lab with other problems, a fault proves nothing. What a reboot has cost one server is no reason not to reboot the next.
    if (!whole) break;
    const result = await run(one);
    results.push(result);
    whole &&= result.passed || one.check.reboots === true;
  }
  return results;
}

/** Whether a check may run with these options. */
export const isAskedFor = ({ faulty, reboots }: Pick<Check, "faulty" | "reboots">, asked: Asked): boolean =>
  !faulty || ((reboots ? asked.reboots : asked.faults) ?? false);

/** Like `runChecks`, but retries until all pass or `seconds` are over. */
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
