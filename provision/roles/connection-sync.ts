import { z } from "zod";
import { instancesOf } from "../../lab/index.ts";
import { type OsName, osFamilies } from "../os.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef } from "../ssh/index.ts";
import { type BootUnit, bootUnitQuestions, isOnBoot, removeBootUnit, restartBootUnit } from "./boot-unit.ts";
import { settingsIn } from "./own-interfaces.ts";
import { defineRole } from "./role.ts";
import { typedUnit } from "./typed.ts";

/**
 * How often a master tells the other directors of a connection that goes on: the kernel's ipvs-sysctl.rst, and ip_vs_sync_conn_needed() in its
 * ip_vs_sync.c. It tells of one by packets by default, every fiftieth: a slow connection is not told of for a minute, and a director that returns
 * within it and takes the VIP back answers the connection by a reset.
 */
export const connectionSync = defineResource({
  type: "ConnectionSync",
  summary:
    "How often a director tells the others of a connection that goes on: by time (net.ipv4.vs.sync_refresh_period), not by its packets.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** net.ipv4.vs.sync_refresh_period, in seconds. */
    refreshPeriod: z.int().positive(),
    /** net.ipv4.vs.sync_threshold: after how many packets a connection is told of first, and then again; 0: not by packets. */
    threshold: z.string().default("3 0"),
    onBoot: z.literal(true).default(true),
  }),

  async observe({ server: ref, ...wanted }) {
    const server = await connectTo(ref);
    const bootUnit = unit(ref.os, wanted);
    const seen = await server.look({
      // It fails while the kernel has no IPVS.
      settings: command`sysctl ${[REFRESH_PERIOD, THRESHOLD]}`,
      ...bootUnitQuestions(bootUnit),
    });
    const settings = settingsIn(seen.settings.text);
    return {
      refreshPeriod: Number(settings.get(REFRESH_PERIOD) ?? 0),
      threshold: settings.get(THRESHOLD) ?? "none",
      onBoot: isOnBoot(bootUnit, seen) as true,
    };
  },

  async apply({ server: ref, ...wanted }, _observed, progress) {
    progress("how often connections are told of");
    await (await connectTo(ref)).script(restartBootUnit(unit(ref.os, wanted)));
  },

  async remove({ server: ref, ...wanted }) {
    await (await connectTo(ref)).script(removeBootUnit(unit(ref.os, wanted)));
  },
});

const REFRESH_PERIOD = "net.ipv4.vs.sync_refresh_period";
const THRESHOLD = "net.ipv4.vs.sync_threshold";

/** The kernel's defaults. */
const DEFAULTS = [`${REFRESH_PERIOD}=0`, `"${THRESHOLD}=3 50"`];

interface Wanted {
  readonly refreshPeriod: number;
  readonly threshold: string;
}

const setting = ({ refreshPeriod, threshold }: Wanted): string[] => [
  "/sbin/modprobe ip_vs",
  `/sbin/sysctl -q ${REFRESH_PERIOD}=${refreshPeriod} "${THRESHOLD}=${threshold}"`,
];

export const unit = (os: OsName, wanted: Wanted): BootUnit => ({
  name: "lvs-connection-sync",
  description: "How often IPVS tells other directors of a connection",
  start: setting(wanted),
  stop: [`-/sbin/sysctl -q ${DEFAULTS.join(" ")}`],
  before: [`${osFamilies[os].keepalived.service}.service`],
});

export const role = defineRole({
  resource: connectionSync,

  inputsOf(lab, { name }) {
    const synced = instancesOf(lab, name).some((one) => one.connectionSync);
    return synced ? { refreshPeriod: 1, threshold: "3 0" } : undefined;
  },

  byHand: (wanted, { server: { os } }) => ({
    steps: [
      {
        why:
          `Tell the other directors of a connection every ${wanted.refreshPeriod} s while it has packets. By default IPVS counts packets, and tells of every fiftieth: ` +
          "a director that returns and takes the VIP would not know of a slow download, and reset it.",
        commands: typedUnit(setting(wanted)),
        check: "connection-sync",
      },
    ],
    unit: unit(os, wanted),
  }),
});
