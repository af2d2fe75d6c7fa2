import { setTimeout as delay } from "node:timers/promises";
import { directors, hostPort } from "../../lab/index.ts";
import { snapshots } from "../distribution/director.ts";
import { clientOf } from "../distribution/requests.ts";
import { ownSource } from "../distribution/sources.ts";
import type { Check } from "./check.ts";
import { clientOfSynced, type ServiceSubject, serverOfPage } from "./subjects.ts";

/** The kernel tells of a connection with its third packet, or a moment later. */
const LOOKS = 10;
const LOOK_EVERY_MS = 300;

export const connectionSync: Check<ServiceSubject> = {
  id: "connection-sync",
  title: "Every director knows an open connection of the client, and its real server",
  role: "client",
  proves:
    "The master tells the other directors of its connections, so that the next master forwards their packets to the same real server. " +
    "Otherwise it answers them by a reset, and every open connection is lost with its director.",
  appliesTo: (lab) => clientOfSynced(lab).length > 0,
  settles: 15,
  subjects: clientOfSynced,
  expected: (lab) =>
    `the client's connection in the tables of ${directors(lab)
      .map(({ name }) => name)
      .join(" and ")}, to one real server`,
  byHand: (_, { service }) => [
    `exec {held}<>/dev/tcp/${service.vip}/${service.port}; echo >&$held # keeps a connection open`,
    "ipvsadm -lnc # on each director",
    "ipvsadm -ln --daemon # on each director: `master` on one, `backup` on the others",
  ],
  hint: (lab) => {
    const instance = lab.vrrp.find((one) => one.connectionSync);
    return `keepalived.conf has \`lvs_sync_daemon INTERFACE ${instance?.name} id ${instance?.id}\` in global_defs on every director, with the same id, and all are on one network: the daemon multicasts to 224.0.0.81, UDP port 8848.`;
  },
  async look(view, { service }) {
    const source = ownSource(view.lab, service);
    const held = await clientOf(view, service, (page) => serverOfPage(service, page)?.server).hold(source);
    if (held.outcome !== "answered")
      return { passed: false, seen: `the client's connection: ${held.text}`, started: false };
    try {
      const from = hostPort(source.address, source.port);
      for (let look = 1; ; look++) {
        const tables = await snapshots(view, service);
        const rows = directors(view.lab).map(({ name }) => ({
          name,
          to: tables.get(name)?.connections.find((one) => one.source === from)?.destination,
        }));
        const [first] = rows;
        const passed = rows.every(({ to }) => to !== undefined && to === first?.to);
        if (passed || look === LOOKS)
          return {
            passed,
            started: rows.some(({ to }) => to !== undefined),
            seen: rows.map(({ name, to }) => `${name}: ${to ? `to ${to}` : "not there"}`).join("; "),
          };
        await delay(LOOK_EVERY_MS);
      }
    } finally {
      await held.release();
    }
  },
};
