import type { VrrpPart } from "../../lab/index.ts";

/** A vrrp_instance of keepalived.conf(5). */
export const vrrpInstance = (part: VrrpPart): string => `vrrp_instance ${part.name} {
    state ${part.preempt ? part.state : "BACKUP"}
    interface ${part.interface}
    virtual_router_id ${part.id}
    priority ${part.priority}
    advert_int ${part.advertInterval}
${part.preempt ? "" : "    nopreempt\n"}${versionLines(part)}    virtual_ipaddress {
${part.addresses.map((address) => `        ${address}\n`).join("")}    }
}
`;

/** Lines of a vrrp_instance that depend on its VRRP version: 2 is keepalived's default and has a password; 3 must be set. */
const versionLines = ({ version, password }: Pick<VrrpPart, "version" | "password">): string =>
  version === 3
    ? "    version 3\n"
    : `    authentication {
        auth_type PASS
        auth_pass ${password}
    }
`;
