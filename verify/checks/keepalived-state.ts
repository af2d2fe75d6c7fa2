import { type Lab, serverNamed, type VrrpPart, vrrpPartsOf } from "../../lab/index.ts";
import { osFamilies } from "../../provision/os.ts";
import { isIpv6 } from "../../provision/roles/ip-address.ts";
import { type InstanceState, keepalivedState } from "../live/keepalived-state.ts";
import type { Check } from "./check.ts";
import { eachDirector, keepalivedRuns, underKeepalived } from "./subjects.ts";

export const keepalivedStateCheck: Check = {
  id: "keepalived-state",
  title: "The keepalived that runs has the lab's VRRP settings, whatever its file says by now",
  role: "director",
  proves:
    "What keepalived.conf says takes part in the election only once keepalived has read it. Its own account of each VRRP instance shows the " +
    "settings that are in force, those that it has corrected or ignored included.",
  appliesTo: underKeepalived,
  settles: 5,
  subjects: eachDirector,
  expected: (lab, { host }) => inWords(partsOf(lab, host).map(settingsOf)),
  byHand: (lab, { host }) => [
    `kill -s $(keepalived --signum=DATA) $(cat ${osFamilies[serverNamed(lab, host).os].keepalived.vrrpPid})`,
    "grep -A 60 'VRRP Topology' /tmp/keepalived.data",
  ],
  hint: () =>
    "If keepalived.conf is right, keepalived has not read it: `systemctl restart keepalived`. Else it has ignored a line of it: `keepalived -t`, " +
    "`journalctl -b -u keepalived`.",
  async look(view, subject) {
    const found = await keepalivedState(view, subject.host);
    const seen = found ? inWords(found) : "no keepalived tells its state";
    const started = found !== undefined || (await keepalivedRuns(view, subject.host));
    return { passed: seen === this.expected(view.lab, subject), seen, started };
  },
};

/** What is compared of an instance. Its name is free. */
type Settings = Omit<InstanceState, "name" | "state" | "effectivePriority">;

const partsOf = (lab: Lab, host: string): VrrpPart[] => vrrpPartsOf(lab, serverNamed(lab, host));

const settingsOf = ({
  unicast,
  preemptDelay = 0,
  id,
  version,
  priority,
  advertInterval,
  preempt,
  addresses,
}: VrrpPart): Settings => ({
  ...{ id, version, priority, advertInterval, preempt, preemptDelay, addresses },
  peers: unicast?.peers ?? [],
});

/** IPv4 first. */
const orderOf = ({ addresses: [first = ""] }: Settings): number => (isIpv6(first) ? 1 : 0);

const inWords = (all: readonly Settings[]): string =>
  all
    // An identifier may be there in each family, of which version 2 has one.
    .toSorted((one, other) => one.id - other.id || one.version - other.version || orderOf(one) - orderOf(other))
    .map(({ id, version, priority, advertInterval, preempt, preemptDelay, peers, addresses }) =>
      [
        `router ${id}: version ${version}`,
        `priority ${priority}`,
        `every ${advertInterval} s to ${peers.length > 0 ? peers.toSorted().join(" and ") : "all"}`,
        preempt ? `preempts${preemptDelay > 0 ? ` after ${preemptDelay} s` : ""}` : "does not preempt",
        `for ${addresses.toSorted().join(" and ")}`,
      ].join(", "),
    )
    .join("; ");
