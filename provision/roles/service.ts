import { z } from "zod";
import { command, type Section, type ServerConnection } from "../ssh/index.ts";
import { typed } from "./typed.ts";

/** Wanted state of every service of the lab: running, and started at boot. */
export const serviceState = {
  running: z.literal(true).default(true),
  enabled: z.literal(true).default(true),
};

/**
 * A command that prints `enabled` if a unit starts at boot, by the link that `systemctl enable` makes and that of `systemctl mask`: systemctl(1). It starts no
 * program; each systemctl costs an emulated guest a tenth of a second. And systemd's own UnitFileState of a loaded unit is what it was when the unit was
 * loaded: an `enable` with --no-reload does not change it.
 */
export const enabledQuestion = (name: string): string =>
  command`compgen -G ${`/etc/systemd/system/*.wants/${name}.service`} >/dev/null && ! test ${`/etc/systemd/system/${name}.service`} -ef /dev/null && echo enabled`;

/** A command that queries a service's state, for `ServerConnection.look`. */
export const serviceQuestion = (name: string) => ({
  service: `${command`systemctl show --property ActiveState ${name}`}; ${enabledQuestion(name)}`,
});

export const serviceAnswers = ({ service: { text } }: Record<"service", Section>) => ({
  running: /^ActiveState=active$/m.test(text) as true,
  enabled: /^enabled$/m.test(text) as true,
});

/**
 * Commands that start a service, now and at boot. A plain `enable` would make systemd reload every unit and run update-rc.d (Perl) for the
 * package's init script, which costs an emulated guest seconds. SYSTEMCTL_SKIP_SYSV: systemd's ENVIRONMENT.md.
 * @param observed its observed state, if any
 */
export const startService = (
  name: string,
  observed?: { readonly enabled?: boolean | undefined },
  verb: "start" | "restart" | "reload" = "start",
): string =>
  [
    ...(observed?.enabled ? [] : [command`SYSTEMCTL_SKIP_SYSV=1 systemctl --quiet --no-reload enable ${name}`]),
    command`systemctl ${verb} ${name}`,
  ].join(" && ");

/** `startService` for people, who let systemctl take its time. */
export const typedStart = (name: string, verb: "start" | "restart"): string[] =>
  verb === "start"
    ? [typed`systemctl enable --now ${name}`]
    : [typed`systemctl enable ${name}`, typed`systemctl restart ${name}`];

/** Stops and disables a service; a missing one is no error. */
export const retire = async (server: ServerConnection, name: string): Promise<void> => {
  await server.script(command`systemctl disable --now ${name} 2>/dev/null || ! systemctl cat ${name} >/dev/null 2>&1`);
};
