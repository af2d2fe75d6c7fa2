import { type BfdSession, quotedCommand, type TrackProcess, type TrackScript, type VrrpPart } from "../../lab/index.ts";
import { notifyScript } from "./keepalived-notify.ts";

/** The instance that the sync daemon follows. `inst` may be left out, but for a name that is another option of the line. */
const followed = (name: string): string => (/^(inst|id|maxlen|port|ttl|group)$/.test(name) ? `inst ${name}` : name);

/** The line of global_defs that starts IPVS's sync daemon: to send on the instance's master, to receive on the others. */
export const syncDaemonLine = (instances: readonly VrrpPart[]): string =>
  instances
    .filter(({ connectionSync }) => connectionSync)
    .map((one) => `   lvs_sync_daemon ${one.interface} ${followed(one.name)} id ${one.id}\n`)
    .join("");

/** The sync daemon as the kernel lists it: `INTERFACE ID`; empty: there is none. */
export const syncDaemonOf = (instances: readonly VrrpPart[]): string =>
  instances.flatMap((one) => (one.connectionSync ? [`${one.interface} ${one.id}`] : []))[0] ?? "";

/**
 * The blocks that instances refer to, each with an empty line before it. Tracked objects come first: keepalived ignores a name that it has not
 * read yet.
 */
export const vrrpBlocks = (instances: readonly VrrpPart[]): string =>
  [
    ...once(instances.flatMap(({ trackScripts = [] }) => trackScripts)).map(vrrpScript),
    ...once(instances.flatMap(({ trackProcesses = [] }) => trackProcesses)).map(vrrpTrackProcess),
    ...once(instances.flatMap(({ trackBfd = [] }) => trackBfd)).map(bfdInstance),
    ...syncGroups(instances),
    ...instances.map(vrrpInstance),
  ]
    .map((block) => `\n${block}`)
    .join("");

/** A vrrp_instance of keepalived.conf(5). */
export const vrrpInstance = (part: VrrpPart): string => `vrrp_instance ${part.name} {
    state ${part.preempt && !part.preemptDelay ? part.state : "BACKUP"}
    interface ${part.interface}
    virtual_router_id ${part.id}
    priority ${part.priority}
    advert_int ${part.advertInterval}
${part.preempt ? "" : "    nopreempt\n"}${part.preemptDelay ? `    preempt_delay ${part.preemptDelay}\n` : ""}${vmacLines(part)}${unicastLines(part)}${versionLines(part)}${trackLines(part)}${notifyLine(part)}    virtual_ipaddress {
${part.addresses.map((address) => `        ${address}\n`).join("")}    }
}
`;

/** Each block once: instances that track the same have it in common. */
const once = <T extends { readonly name: string }>(all: readonly T[]): T[] =>
  all.filter(({ name }, index) => index === all.findIndex((other) => other.name === name));

const vrrpScript = ({ name, command, interval, timeout, fall, rise }: TrackScript): string => `vrrp_script ${name} {
    script ${quotedCommand(command)}
    interval ${interval}
    timeout ${timeout}
    fall ${fall}
    rise ${rise}
}
`;

const vrrpTrackProcess = ({ name, process, quorum, delay }: TrackProcess): string => `vrrp_track_process ${name} {
    process ${process}
    quorum ${quorum}
${delay > 0 ? `    delay ${delay}\n` : ""}}
`;

/** A bfd_instance. Without `source_ip` it would send from whatever address the route gives, which its neighbour does not know. */
export const bfdInstance = ({
  name,
  source,
  neighbor,
  minTx,
  minRx,
  multiplier,
}: BfdSession): string => `bfd_instance ${name} {
    neighbor_ip ${neighbor}
    source_ip ${source}
    min_rx ${minRx}
    min_tx ${minTx}
    multiplier ${multiplier}
}
`;

function syncGroups(instances: readonly VrrpPart[]): string[] {
  const names = new Set(instances.flatMap(({ syncGroup }) => syncGroup ?? []));
  return [...names].map(
    (name) => `vrrp_sync_group ${name} {
${block(
  "group",
  instances.filter(({ syncGroup }) => syncGroup === name).map((one) => one.name),
)}}
`,
  );
}

/** Advertisements of a virtual MAC go out on the device of its own, unless they are unicast: keepalived.conf(5), use_vmac. */
const vmacLines = ({ useVmac, unicast }: VrrpPart): string =>
  useVmac ? `    use_vmac\n${unicast ? "    vmac_xmit_base\n" : ""}` : "";

const unicastLines = ({ unicast }: VrrpPart): string =>
  unicast ? `    unicast_src_ip ${unicast.source}\n${block("unicast_peer", unicast.peers)}` : "";

/** Lines of a vrrp_instance that depend on its VRRP version: 2 is keepalived's default and has a password; 3 must be set. */
const versionLines = ({ version, password }: Pick<VrrpPart, "version" | "password">): string =>
  version === 3
    ? "    version 3\n"
    : `    authentication {
        auth_type PASS
        auth_pass ${password}
    }
`;

/** What the instance tracks. A process has a weight in any case: without one it is 1. */
function trackLines({ trackInterfaces = [], trackScripts = [], trackProcesses = [], trackBfd = [] }: VrrpPart): string {
  const weighed = (name: string, weight: number) => (weight === 0 ? name : `${name} weight ${weight}`);
  return [
    block(
      "track_interface",
      trackInterfaces.map(({ device, weight }) => weighed(device, weight)),
    ),
    block(
      "track_script",
      trackScripts.map(({ name, weight }) => weighed(name, weight)),
    ),
    block(
      "track_process",
      trackProcesses.map(({ name, weight }) => `${name} weight ${weight}`),
    ),
    block(
      "track_bfd",
      trackBfd.map(({ name, weight }) => weighed(name, weight)),
    ),
  ].join("");
}

const notifyLine = ({ notify }: VrrpPart): string =>
  notify ? `    notify ${quotedCommand(notify === true ? [notifyScript.path] : notify)}\n` : "";

/** A block of a vrrp_instance; nothing where it would be empty. */
const block = (name: string, lines: readonly string[]): string =>
  lines.length === 0 ? "" : `    ${name} {\n${lines.map((line) => `        ${line}\n`).join("")}    }\n`;

/** The lab's own notify script, where an instance calls it; else nothing. */
export const notifyScriptOf = (instances: readonly VrrpPart[]): string =>
  instances.some(({ notify }) => notify === true) ? notifyScript.text : "";
