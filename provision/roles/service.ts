import { z } from "zod";
import { command, type Section, type ServerConnection } from "../ssh/index.ts";

/** What is wanted of every service of the lab: that it runs, and that it runs again after a reboot. */
export const serviceState = {
  running: z.literal(true).default(true),
  enabled: z.literal(true).default(true),
};

/** The commands that tell a service's state, for `ServerConnection.look`. */
export const serviceQuestions = (name: string) => ({
  running: command`systemctl is-active ${name}`,
  enabled: command`systemctl is-enabled ${name}`,
});

export const serviceAnswers = ({ running, enabled }: Record<"running" | "enabled", Section>) => ({
  running: (running.text.trim() === "active") as true,
  enabled: (enabled.text.trim() === "enabled") as true,
});

/**
 * The commands that make a service run, now and after a reboot. Enabling it would make systemd read every unit anew, and have update-rc.d (Perl)
 * link the init script that its package brings beside the unit: an emulated guest's seconds, for nothing. SYSTEMCTL_SKIP_SYSV: systemd's ENVIRONMENT.md.
 * @param observed what was seen of it, if anything was
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

/** Stops a service for good; one that is not there is no error. */
export const retire = async (server: ServerConnection, name: string): Promise<void> => {
  await server.script(command`systemctl disable --now ${name} 2>/dev/null || ! systemctl cat ${name} >/dev/null 2>&1`);
};
