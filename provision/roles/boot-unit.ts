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
}

export const unitPath = (unit: Pick<BootUnit, "name">): string => `/etc/systemd/system/${unit.name}.service`;

export const unitText = ({ description, start, stop }: BootUnit): string => `[Unit]
Description=${description}
After=network.target

[Service]
Type=oneshot
RemainAfterExit=yes
${start.map((line) => `ExecStart=${line}`).join("\n")}
${stop.map((line) => `ExecStop=${line}`).join("\n")}

[Install]
WantedBy=multi-user.target
`;
