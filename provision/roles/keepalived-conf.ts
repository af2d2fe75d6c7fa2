import { scriptLines } from "./keepalived-commands.ts";
import type { KeepalivedSettings } from "./keepalived-settings.ts";
import { virtualServer } from "./keepalived-virtual-server.ts";
import { syncDaemonLine, vrrpBlocks } from "./keepalived-vrrp.ts";

/** The first line of a keepalived.conf that the lab wrote. */
export const GENERATED = "! The lab's keepalived, generated. A change by hand is seen by `pulumi refresh`.\n";

/**
 * Writes keepalived.conf as in the article. Two lines are left out: `vrrp_garp_interval 0` and `vrrp_gna_interval 0` state the default, and
 * keepalived 2.2.7 rejects an interval of 0 in `keepalived -t`.
 */
export const keepalivedConf = ({ instances, services }: KeepalivedSettings): string => `${GENERATED}global_defs {
   notification_email {
     root@localhost
   }
   notification_email_from keepalived@localhost
   smtp_server 127.0.0.1
   smtp_connect_timeout 30
   router_id LVS_DEVEL
   vrrp_skip_check_adv_addr
${syncDaemonLine(instances)}${scriptLines({ instances, services })}}
${vrrpBlocks(instances)}${services.map((service) => `\n${virtualServer(service)}`).join("")}`;

/** Placeholder for the password in a displayed configuration. The password itself is a secret in Pulumi's state. */
export const PASSWORD = "PASSWORD";

const passwordLine = /^(\s*auth_pass\s+)(\S+)$/gm;

/** A keepalived.conf for display, and its passwords in file order. */
export const withoutPasswords = (text: string): { config: string; passwords: string[] } => ({
  config: text.replace(passwordLine, `$1${PASSWORD}`),
  passwords: [...text.matchAll(passwordLine)].map(([, , password = ""]) => password),
});

/** The reverse of `withoutPasswords`: the text for the file. */
export function withPasswords(config: string, passwords: readonly string[]): string {
  const left = [...passwords];
  return config.replace(passwordLine, (_, before: string) => `${before}${left.shift() ?? ""}`);
}
