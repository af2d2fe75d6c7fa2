import { forwardingMethods, type HealthCheck, type VirtualService } from "../../lab/index.ts";

/** A virtual_server of keepalived.conf(5), with its real servers and their health checks. */
export function virtualServer(service: VirtualService): string {
  const {
    vip,
    port,
    scheduler,
    schedulerFlags = [],
    forwarding,
    persistenceTimeout,
    healthCheck,
    realServers,
  } = service;
  return `virtual_server ${vip} ${port} {
${healthCheck ? `    delay_loop ${healthCheck.delayLoop}\n` : ""}    lb_algo ${scheduler}
${schedulerFlags.map((flag) => `    ${flag}\n`).join("")}    lb_kind ${forwardingMethods[forwarding].lbKind}
${persistenceTimeout ? `    persistence_timeout ${persistenceTimeout}\n` : ""}    protocol ${service.protocol.toUpperCase()}
${realServers
  .map(
    (real) => `
    real_server ${real.address} ${real.port} {
        weight ${real.weight}
${healthCheck ? tcpCheck(healthCheck) : ""}    }
`,
  )
  .join("")}}
`;
}

const tcpCheck = ({ connectTimeout, delayBeforeRetry }: HealthCheck): string => `        TCP_CHECK {
            connect_timeout ${connectTimeout}
            delay_before_retry ${delayBeforeRetry}
        }
`;
