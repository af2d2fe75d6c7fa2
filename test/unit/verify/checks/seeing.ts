import type { Lab } from "../../../../lab/index.ts";
import type { Check, Seen } from "../../../../verify/checks/check.ts";
import type { Subject } from "../../../../verify/checks/subjects.ts";
import { type Answer, aLiveLab, RecordedView } from "../a-live-lab.ts";

export type LabName = "dr" | "ha";
export type Answers = Answer | ((where: string, command: string) => Answer);

/** The check's subject on a host. */
export function subjectOn<S extends Subject>(check: Check<S>, lab: Lab, host: string): S {
  const subject = check.subjects(lab).find((one) => one.host === host);
  if (!subject) throw new Error(`${check.id} is not looked at on ${host}`);
  return subject;
}

/** What a check sees where its commands print `answer`. */
export async function see(check: Check, name: LabName, host: string, answer: Answers): Promise<Seen> {
  const view = new RecordedView(await aLiveLab(name), typeof answer === "function" ? answer : () => answer);
  return await check.look(view, subjectOn(check, view.lab, host));
}

export type Verdict = "right" | "wrong" | "not there";

export const verdictOf = ({ passed, started }: Seen): Verdict => (passed ? "right" : started ? "wrong" : "not there");

export const verdict = async (...args: Parameters<typeof see>): Promise<Verdict> => verdictOf(await see(...args));

/** Answers in turn, from the first again after the last. */
export const inTurn = (answers: readonly Answer[]) => {
  let count = 0;
  return () => answers[count++ % answers.length] ?? "";
};

/** Answers by what a command begins with, the longest beginning first; nothing, with status 0, to all others. */
export const byCommand = (answers: Readonly<Record<string, Answer>>) => (_where: string, command: string) =>
  Object.entries(answers)
    .sort(([one], [other]) => other.length - one.length)
    .find(([start]) => command.startsWith(start))?.[1] ?? "";

/** What `pgrep --list-full` says of a keepalived that runs. */
export const RUNS = "612 /usr/sbin/keepalived --dont-fork\n614 /usr/sbin/keepalived --dont-fork\n";

export const notFound = (program: string): Answer => ({
  output: `bash: line 1: ${program}: command not found\n`,
  status: 127,
});

export const refused = {
  output: "curl: (7) Failed to connect to localhost port 80 after 0 ms: Couldn't connect to server\n",
  status: 7,
};

/** What `ip -oneline address show` prints, without the loopback's own unless it is given. */
export const addresses = (...more: string[]) =>
  ["2: eth0    inet 172.25.254.11/24 brd 172.25.254.255", ...more]
    .map((one) => `${one} scope global \\       valid_lft forever preferred_lft forever\n`)
    .join("");

export const vip = (prefix: number, device = "eth0") => `3: ${device}    inet 172.25.254.100/${prefix}`;
