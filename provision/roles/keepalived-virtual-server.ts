import {
  forwardingMethods,
  type HealthCheck,
  healthCheckKind,
  netmaskOf,
  quotedCommand,
  type RealServer,
  type VirtualService,
} from "../../lab/index.ts";

/** A virtual_server of keepalived.conf(5), with its real servers and their health checks. */
export function virtualServer(service: VirtualService): string {
  const {
    vip,
    port,
    scheduler,
    schedulerFlags = [],
    forwarding,
    persistenceTimeout,
    persistenceNetmask,
    onePacket,
    firewallMark,
    healthCheck,
    realServers,
  } = service;
  return `virtual_server ${firewallMark === undefined ? `${vip} ${port}` : `fwmark ${firewallMark}`} {
${healthCheck ? `    delay_loop ${healthCheck.delayLoop}\n` : ""}    lb_algo ${scheduler}
${schedulerFlags.map((flag) => `    ${flag}\n`).join("")}    lb_kind ${forwardingMethods[forwarding].lbKind}
${persistenceTimeout ? `    persistence_timeout ${persistenceTimeout}\n` : ""}${persistenceNetmask === undefined ? "" : `    persistence_granularity ${netmaskOf(persistenceNetmask)}\n`}${onePacket ? "    ops\n" : ""}${protocolLine(service)}${indented(quorumLines(service), 4)}${realServers
  .map(
    (real) => `
    real_server ${real.address} ${firewallMark === undefined ? real.port : 0} {
        weight ${real.weight}
${indented(thresholdLines(real), 8)}${healthCheck ? indented(checkLines(healthCheck, real, { namesPort: firewallMark !== undefined }), 8) : ""}    }
`,
  )
  .join("")}}
`;
}

const thresholdLines = ({ upperThreshold, lowerThreshold }: RealServer): string[] => [
  ...(upperThreshold === undefined ? [] : [`uthreshold ${upperThreshold}`]),
  ...(lowerThreshold === undefined ? [] : [`lthreshold ${lowerThreshold}`]),
];

/** keepalived 2.2.7 takes no protocol of a service by firewall mark: its packets are known by the mark. */
const protocolLine = ({ protocol, firewallMark }: VirtualService): string =>
  firewallMark === undefined ? `    protocol ${protocol.toUpperCase()}\n` : "";

/** What happens as real servers come and go. sorry_server_inhibit must follow its sorry_server. */
function quorumLines(service: VirtualService): string[] {
  const { alpha, omega, quorum, hysteresis, quorumUp, quorumDown, sorryServer, firewallMark } = service;
  return [
    ...(alpha ? ["alpha"] : []),
    ...(omega ? ["omega"] : []),
    ...(quorum === undefined ? [] : [`quorum ${quorum}`]),
    ...(hysteresis === undefined ? [] : [`hysteresis ${hysteresis}`]),
    ...(quorumUp ? [`quorum_up ${quotedCommand(quorumUp)}`] : []),
    ...(quorumDown ? [`quorum_down ${quotedCommand(quorumDown)}`] : []),
    // keepalived refuses a port for one of a firewall mark, whose packets keep their own.
    ...(sorryServer
      ? [`sorry_server ${sorryServer.address}${firewallMark === undefined ? ` ${sorryServer.port}` : ""}`]
      : []),
    ...(sorryServer?.inhibit ? ["sorry_server_inhibit"] : []),
  ];
}

/** @param namesPort whether the check names the real server's port where it asks that: a real server of a firewall mark has none */
function checkLines(check: HealthCheck, real: RealServer, { namesPort }: { readonly namesPort: boolean }): string[] {
  const kind = healthCheckKind(check.type);
  return [
    ...(check.inhibitOnFailure ? ["inhibit_on_failure"] : []),
    `${kind.keyword} {`,
    ...kind.lines(check, real).map((line) => `    ${line}`),
    ...(kind.port !== undefined || (namesPort && kind.connects) ? [`    connect_port ${kind.port ?? real.port}`] : []),
    ...timerLines(check).map((line) => `    ${line}`),
    "}",
  ];
}

const timerLines = (check: HealthCheck): string[] => [
  ...("connectTimeout" in check ? [`connect_timeout ${check.connectTimeout}`] : []),
  ...(check.retry === undefined ? [] : [`retry ${check.retry}`]),
  `delay_before_retry ${check.delayBeforeRetry}`,
  ...(check.warmup === undefined ? [] : [`warmup ${check.warmup}`]),
];

const indented = (lines: readonly string[], by: number): string =>
  lines.map((line) => `${" ".repeat(by)}${line}\n`).join("");
