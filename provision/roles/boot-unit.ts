import { command, type Section, writing } from "../ssh/index.ts";
import { enabledQuestion, startService } from "./service.ts";

/**
 * A systemd unit that sets kernel state (addresses, IPVS and ARP tables) at boot and removes it when stopped. The state so survives a
 * reboot in the same way on every distribution, and can be read in one place.
 */
export interface BootUnit {
  /** Without `.service`. */
  readonly name: string;
  readonly description: string;
  /** Commands in order, as ExecStart= and ExecStop= take them: systemd.service(5). A leading `-` lets a command fail. */
  readonly start: readonly string[];
  readonly stop: readonly string[];
  /** Whether other units find the network as this one leaves it: it comes before network.target, they after. */
  readonly beforeNetwork?: boolean;
  /** Units that come after this one: network.target orders nothing where no unit wants it. */
  readonly before?: readonly string[];
}

export const unitPath = (unit: Pick<BootUnit, "name">): string => `/etc/systemd/system/${unit.name}.service`;

export const unitText = ({ description, start, stop, beforeNetwork, before = [] }: BootUnit): string => `[Unit]
Description=${description}
${beforeNetwork ? "Before" : "After"}=network.target
${before.length > 0 ? `Before=${before.join(" ")}\n` : ""}
[Service]
Type=oneshot
RemainAfterExit=yes
${start.map((line) => `ExecStart=${line}`).join("\n")}
${stop.map((line) => `ExecStop=${line}`).join("\n")}

[Install]
WantedBy=multi-user.target
`;

/** Commands that query a unit, for `ServerConnection.look`. */
export const bootUnitQuestions = (unit: Pick<BootUnit, "name">) => ({
  unitEnabled: enabledQuestion(unit.name),
  unitText: command`cat ${unitPath(unit)}`,
});

/** Whether the unit is as wanted and starts at boot. */
export const isOnBoot = (unit: BootUnit, seen: Readonly<Record<"unitEnabled" | "unitText", Section>>): boolean =>
  seen.unitEnabled.text.trim() === "enabled" && seen.unitText.text === unitText(unit);

/** A script that stops the unit's earlier version, which undoes its commands, and starts this one, now and at boot. */
export const restartBootUnit = (unit: BootUnit): string =>
  [
    command`if [ -e ${unitPath(unit)} ]; then systemctl stop ${unit.name}; fi`,
    "set -e",
    writing(unitPath(unit), unitText(unit)),
    "systemctl daemon-reload",
    startService(unit.name),
  ].join("\n");

/** A script that stops the unit and removes it. */
export const removeBootUnit = (unit: BootUnit): string =>
  command`if [ -e ${unitPath(unit)} ]; then
  systemctl --quiet disable --now ${unit.name}; rm -f ${unitPath(unit)}; systemctl daemon-reload
fi`;
