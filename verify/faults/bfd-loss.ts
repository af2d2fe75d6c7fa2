import { z } from "zod";
import { type BfdSession, bfdSessionsOf, familyOf, serverNamed, trackedBy } from "../../lab/index.ts";
import { LabError } from "../live/lab-error.ts";
import { defineFault, type FaultSite } from "./fault.ts";
import { clearByHand, firewall } from "./firewall.ts";
import { targets } from "./targets.ts";

const TABLE = "lvs_lab_bfd_loss";

/** BFD's control packets over one hop: RFC 5881, section 4. */
const PORT = 3784;

export const bfdLoss = defineFault({
  id: "bfd-loss",
  title: "drop the BFD packets that reach",
  explains:
    "The director hears no more of its neighbour's BFD control packets, while the two reach each other otherwise: so it takes the way to the neighbour for broken. After the detection time keepalived lowers the director's priority by the session's weight, or without a weight goes to FAULT. If a director of higher priority is there then, it takes over.",
  parameters: z.strictObject({
    session: z.string().optional().describe("keepalived's name of it; without it the first that the director tracks"),
  }),
  targets: targets.bfdTrackers,
  goes: (instance, { session }) => {
    const all = trackedBy(instance).filter(({ kind }) => kind === "bfd");
    return session === undefined ? all[0] : all.find(({ name }) => name === session);
  },
  byHand: {
    inject: `nft 'table inet ${TABLE} { chain input { type filter hook input priority 0; ip saddr NEIGHBOUR udp dport ${PORT} drop; } }'`,
    heal: clearByHand(TABLE),
  },
  async inject(site, { session }) {
    await firewall.set(
      site,
      TABLE,
      `chain input { type filter hook input priority 0; ${filterOf(sessionOn(site, session))} drop; }`,
    );
  },
  async heal(site) {
    await firewall.clear(site, TABLE);
  },
  async present(site, { session }) {
    const filter = filterOf(sessionOn(site, session));
    const { output } = await site.view.on(site.server)`nft list table inet ${TABLE}`;
    const there = output.includes(filter);
    return { there, seen: there ? `a table drops ${filter}` : `no table drops ${filter}` };
  },
});

/** As nft prints it, too. */
const filterOf = ({ neighbor }: BfdSession): string =>
  `${familyOf(neighbor) === 6 ? "ip6" : "ip"} saddr ${neighbor} udp dport ${PORT}`;

/** A session that a server tracks. @throws LabError of kind `misuse` if it does not */
function sessionOn({ view: { lab }, server }: FaultSite, name: string | undefined): BfdSession {
  const all = bfdSessionsOf(lab, serverNamed(lab, server));
  const found = name === undefined ? all[0] : all.find((one) => one.name === name);
  if (found) return found;
  throw new LabError(
    `${server} tracks no BFD session ${name ?? ""}; it tracks ${all.map((one) => one.name).join(", ") || "none"}`,
    "misuse",
  );
}
