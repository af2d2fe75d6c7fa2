import { posixQuote } from "../../provision/posix-quote.ts";
import { listed } from "../../provision/roles/typed.ts";
import type { Explanation } from "./explanation.ts";
import { comment, fold } from "./fold.ts";

type Step = Explanation["steps"][number];

/** An explanation for people: steps with a blank line between them, each with its reason and where it is typed. */
export function formatExplanation(explanation: Explanation): string {
  const { lab, stack, steps, look } = explanation;
  const ssh = `npx lvs-lab ssh -s ${stack} SERVER`;
  const last = new Map(steps.map((step) => [step.server, step]));
  return [
    comment(`The lab ${lab} by hand, as root on each server (${ssh}).`),
    ...steps.flatMap((step) => [
      paragraph(`${placeOf(step)}: ${step.why}`, step.commands),
      ...(last.get(step.server) === step ? bootNote(explanation, step.server).map(comment) : []),
    ]),
    ...(look.some(({ on }) => on.includes("client"))
      ? [comment(`The client of the lab, where requests come from: npx lvs-lab client -s ${stack}.`)]
      : []),
    ...look.map(({ on, why, commands }) => paragraph(`Check on ${listed(on.map(hostName))}: ${why}`, commands)),
  ].join("\n\n");
}

/**
 * The steps on one server as a script for bash: with `explain` and `ssh` of lvs-lab a pipe.
 * @param lab as it was given on the command line
 */
export function formatScript(explanation: Explanation, { lab, server }: { lab: string; server: string }): string {
  const steps = explanation.steps.filter((step) => step.server === server);
  const asked = `npx lvs-lab explain ${posixQuote(lab)} ${server} --script`;
  return [
    `#!/usr/bin/env bash
# ${server} of the lab ${explanation.lab} by hand, as root:
#   ${asked} |
#     npx lvs-lab ssh -s ${explanation.stack} ${server} -- bash
set -e
export DEBIAN_FRONTEND=noninteractive
{ # bash reads all of it before it runs any: no command takes the rest for its input`,
    ...steps.map((step) =>
      step.ownMachine
        ? commented(paragraph(`${placeOf(step)}, when the other servers are as far: ${step.why}`, step.commands))
        : paragraph(step.why, step.commands),
    ),
    ...bootNote(explanation, server).map(comment),
    "} </dev/null",
  ].join("\n\n");
}

const hostName = (host: string): string => (host === "client" ? "the client" : host);

const placeOf = ({ server, ownMachine }: Step): string => (ownMachine ? "On your own machine" : server);

const paragraph = (why: string, commands: readonly string[]): string =>
  [comment(why), ...commands.map(fold)].join("\n");

const commented = (text: string): string => text.replace(/^(?!#)/gm, "#   ");

/** How a server keeps what was typed on it, if a reboot would undo it. */
const bootNote = ({ atBoot }: Explanation, server: string): string[] => {
  const units = atBoot.filter((one) => one.server === server);
  if (units.length === 0) return [];
  const programs = [...new Set(units.flatMap((one) => one.programs))];
  const names = units.map(({ unit }) => unit);
  return [
    `${server}: a reboot undoes what ${listed(programs)} did. To keep it, put the commands into a systemd unit (Type=oneshot, ExecStart=) and ` +
      `enable it. The lab has ${listed(names)} for it.`,
  ];
};
