import { holderOf, type Lab, poolOf } from "../../../lab/index.ts";
import { arpCure } from "../../../verify/checks/arp-cure.ts";
import { arpOwner } from "../../../verify/checks/arp-owner.ts";
import { balancing } from "../../../verify/checks/balancing.ts";
import type { Check } from "../../../verify/checks/check.ts";
import { dnsAnswer } from "../../../verify/checks/dns-answer.ts";
import { httpdPage } from "../../../verify/checks/httpd-page.ts";
import { smtpAnswer } from "../../../verify/checks/smtp-answer.ts";
import { udpPage } from "../../../verify/checks/udp-page.ts";
import { exercises } from "../../../verify/grade/tasks.ts";
import { solutionsOf } from "../hand.ts";
import { hasAddress } from "../look.ts";
import type { OwnStep, OwnStepContext } from "../own-step.ts";
import type { GuideContext, Step, Unplaced } from "../step.ts";
import { arpProblem } from "./arp-problem.ts";
import { type Against, byCheck } from "./by-check.ts";
import { directorDownSeen } from "./director-down.ts";
import type { Edge } from "./edge.ts";
import { noHealthCheckSeen } from "./no-health-check.ts";
import { ownStep } from "./own.ts";
import { realServerDownSeen } from "./real-server-down.ts";

/** Every edge, in the article's order. To add one, add its file and a row here. */
export const edges: readonly Edge[] = [arpProblem, noHealthCheckSeen, realServerDownSeen, directorDownSeen];

/** What is no task of an exercise, and a step of its own all the same: other servers than web servers. They come after the web server. */
const alsoSteps: readonly Check[] = [udpPage, dnsAnswer, smtpAnswer];

/**
 * What the look alone says against a check that sends packets: it would disturb the student, and find nothing. What a student is to see on the client
 * they have to look for themselves, the first time.
 */
const against: Readonly<Record<string, Against>> = {
  [arpCure.id](_, { servers }, { host, service }) {
    const look = servers.get(host);
    if (!service || !look || look.quietened || !hasAddress(look, service.vip)) return undefined;
    return `nothing is set that keeps it from answering for ${service.vip}`;
  },
  [arpOwner.id]({ lab }, { client }, { service }, before) {
    if (before || !service) return undefined;
    const holder = holderOf(lab, service.vip);
    const owner = client?.entries[service.vip];
    if (owner === undefined) return `the client has not asked for ${service.vip} yet`;
    return owner === holder
      ? undefined
      : `the client's entry still names ${owner}: it has to forget that and ask again, and then to name ${holder}`;
  },
  [balancing.id]({ lab }, { servers }, { service }, before) {
    if (before || !service) return undefined;
    const director = servers.get(holderOf(lab, service.vip));
    return director && director.connections < poolOf(service).length
      ? "the client has sent no requests to the VIP yet that IPVS has counted: send ten, and see who answers"
      : undefined;
  },
};

/** The checks that are levels of a lab, in the article's order: the tasks of its exercise that break nothing. */
function levelChecks({ lab }: Pick<GuideContext, "lab">): Check[] {
  const tasks = exercises[lab.control].map(({ check }) => check);
  const place = tasks.indexOf(httpdPage) + 1;
  return [...tasks.slice(0, place), ...alsoSteps, ...tasks.slice(place)].filter(
    (check) => !check.faulty && check.appliesTo(lab) && check.subjects(lab).length > 0,
  );
}

/**
 * The steps of a lab, in the article's order.
 * @param own steps of a teacher's own, each after the step that it names, else at the end
 */
export function stepsOf(context: GuideContext, own: readonly OwnStep[] = []): Step[] {
  const checks = levelChecks(context);
  const explained = solutionsOf(
    context,
    checks.map(({ id }) => id),
  );
  const found: Unplaced[] = checks.map((check) =>
    byCheck(context, check, { explained: explained.get(check.id), against: against[check.id] }),
  );
  for (const edge of edges.filter(({ appliesTo }) => appliesTo(context.lab))) {
    const step = edge.stepFor(context);
    const place = found.findIndex(({ id }) => id === edge.before);
    if (step) found.splice(place < 0 ? found.length : place, 0, step);
  }
  for (const one of own) {
    const place = found.findIndex(({ id }) => id === one.after);
    found.splice(place < 0 ? found.length : place + 1, 0, ownStep(context, one));
  }
  const owned = new Set(own.map(({ id }) => id));
  return found.map((step, index) => ({
    ...step,
    needs: owned.has(step.id) ? [] : needsOf(step, found.slice(0, index), owned),
  }));
}

/** What is seen on the client needs all levels before it. On servers a student may go another way than the article. */
const needsOf = ({ hosts }: Unplaced, before: readonly Unplaced[], owned: ReadonlySet<string>): string[] =>
  hosts.includes("client")
    ? before.filter(({ kind, id }) => kind === "level" && !owned.has(id)).map(({ id }) => id)
    : [];

/** What the files of own steps are held against. */
export const ownStepContext = (lab: Lab): OwnStepContext => ({
  lab,
  ids: stepsOf({ lab, stack: lab.name }).map(({ id }) => id),
});
