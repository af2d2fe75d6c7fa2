import { type BfdSession, bfdSessionsOf, detectionTime, directors, type Lab, serverNamed } from "../../lab/index.ts";
import { osFamilies } from "../../provision/os.ts";
import { type BfdState, bfdState } from "../live/bfd-state.ts";
import type { Check } from "./check.ts";
import { keepalivedRuns } from "./subjects.ts";

const sessionsOn = (lab: Lab, host: string): BfdSession[] => bfdSessionsOf(lab, serverNamed(lab, host));

export const bfdSession: Check = {
  id: "bfd-session",
  title: "Each BFD session that a director tracks is up, and notices a loss as soon as the lab says",
  role: "director",
  proves:
    "A tracked session that never came up says nothing: its weight, or FAULT, is there from the start. The process that speaks BFD tells the state of each " +
    "session and the detection time that both ends have agreed on; the neighbour has a part in both.",
  appliesTo: (lab) => lab.vrrp.some(({ trackBfd }) => trackBfd !== undefined),
  // Each end answers the other's next packet, of which there is one a second.
  settles: 5,
  subjects: (lab) =>
    directors(lab)
      .filter(({ name }) => sessionsOn(lab, name).length > 0)
      .map(({ name }) => ({ host: name })),
  expected: (lab, { host }) =>
    inWords(
      sessionsOn(lab, host).map((session) => ({
        ...session,
        state: "Up",
        detectionTime: detectionTime(session).maximum,
      })),
    ),
  byHand: (lab, { host }) => [
    `kill -s $(keepalived --signum=DATA) $(cat ${osFamilies[serverNamed(lab, host).os].keepalived.bfdPid})`,
    "grep -E 'Instance|IP =|local state|local detection' /tmp/keepalived_bfd.data",
  ],
  hint: () =>
    "`bfd_instance` in keepalived.conf of both ends, each with the other's address as `neighbor_ip` and its own as `source_ip`; keepalived runs on the " +
    "neighbour, too: `systemctl status keepalived`. UDP port 3784 must be open on both.",
  async look(view, subject) {
    const found = await bfdState(view, subject.host);
    const seen = found ? inWords(found) : "no BFD process tells its state";
    const started = found !== undefined || (await keepalivedRuns(view, subject.host));
    return { passed: seen === this.expected(view.lab, subject), seen, started };
  },
};

/** The names of sessions are free. */
const inWords = (all: readonly Omit<BfdState, "name">[]): string =>
  all
    .map(
      ({ source, neighbor, state, detectionTime: time }) =>
        `${source} to ${neighbor}: ${state}${state === "Up" ? `, a loss is noticed after ${time} ms` : ""}`,
    )
    .toSorted()
    .join("; ");
