import type { Host } from "./host.ts";

/** Observable state of a host: lines by kind. */
export type MachineState = Readonly<Record<Kind, readonly string[]>>;

/** The command that lists each kind, one item a line. */
const looks = {
  package: "dpkg-query --show --showformat '${binary:Package} ${Version} ${db:Status-Abbrev}\\n'",
  "enabled unit": "systemctl list-unit-files --state=enabled,enabled-runtime,linked,masked --plain --no-legend",
  "active unit":
    "systemctl list-units --type=service,socket,timer,path,scope --state=active,activating,failed --plain --no-legend --full | awk '{ print $1, $3 }'",
  link: "ip -brief link | awk '{ print $1, $2, $3 }'",
  address: "ip -oneline address | awk '{ print $2, $3, $4 }'",
  route: "ip route show table all; ip -6 route show table all; ip rule; ip -6 rule",
  "nftables rule": "nft list ruleset",
  mount: "cat /proc/1/mounts",
  "listening port": "ss --no-header --listening --numeric --tcp --udp | awk '{ print $1, $5 }'",
} as const;

export type Kind = keyof typeof looks;

/** Lines that come and go although nobody changes the host. */
const ignored: Partial<Record<Kind, readonly RegExp[]>> = {
  "active unit": [
    // Logins. A user's own units outlive the last session by 10 s.
    /^session-\w+\.scope /,
    /^user(-runtime-dir)?@\d+\.service /,
    // Starts a quarter of an hour after boot.
    /^systemd-tmpfiles-clean\.service /,
  ],
  mount: [
    // Logins.
    /^tmpfs \/run\/user\/\d+ /,
    // Services that are starting.
    /^\w+ \/run\/credentials\//,
  ],
};

export async function machineState(host: Host): Promise<MachineState> {
  const state: Partial<Record<Kind, string[]>> = {};
  for (const [kind, command] of Object.entries(looks) as [Kind, string][]) {
    const { status, stdout, stderr } = await host.asRoot(command);
    if (status !== 0) throw new Error(`host ${host.name}: ${command}: status ${status}\n${stderr}`);
    const lines = stdout.split("\n").filter((line) => line !== "");
    state[kind] = lines.filter((line) => !ignored[kind]?.some((pattern) => pattern.test(line)));
  }
  return state as MachineState;
}

/** Lines that were added (`+ kind: line`) and removed (`- kind: line`) between two states. */
export function difference(before: MachineState, after: MachineState): string[] {
  return (Object.keys(looks) as Kind[]).flatMap((kind) => [
    ...missing(after[kind], before[kind]).map((line) => `- ${kind}: ${line}`),
    ...missing(before[kind], after[kind]).map((line) => `+ ${kind}: ${line}`),
  ]);
}

/** The lines of `some` that `others` lacks. Of equal lines, the surplus. */
function missing(others: readonly string[], some: readonly string[]): string[] {
  const left = [...others];
  return some.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
