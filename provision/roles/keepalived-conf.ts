/** What a director's keepalived.conf is made from. Times in seconds. */
export interface KeepalivedSettings {
  readonly state: "MASTER" | "BACKUP";
  /** 1 to 254; the higher one is master: RFC 9568 §5.2.4. */
  readonly priority: number;
  readonly interface: string;
  readonly virtualRouterId: number;
  readonly vrrpVersion: 2 | 3;
  /** Whole in version 2, hundredths in version 3. */
  readonly advertInterval: number;
  /** Of version 2; version 3 has none. keepalived uses the first eight characters: keepalived.conf(5). */
  readonly password?: string;
  readonly preempt: boolean;
  readonly vip: string;
  readonly port: number;
  readonly scheduler: string;
  /** 0 is no persistence. */
  readonly persistenceTimeout: number;
  readonly delayLoop: number;
  readonly connectTimeout: number;
  readonly delayBeforeRetry: number;
  readonly realServers: readonly { readonly address: string; readonly weight: number }[];
}

/**
 * keepalived.conf as the article has it. Two of its lines are left out: `vrrp_garp_interval 0` and `vrrp_gna_interval 0` state the
 * default, and keepalived 2.2.7 calls an interval of 0 invalid, so that `keepalived -t` would fail.
 */
export const keepalivedConf = (
  settings: KeepalivedSettings,
): string => `! The lab's keepalived, generated. A change by hand is seen by \`pulumi refresh\`.
global_defs {
   notification_email {
     root@localhost
   }
   notification_email_from keepalived@localhost
   smtp_server 127.0.0.1
   smtp_connect_timeout 30
   router_id LVS_DEVEL
   vrrp_skip_check_adv_addr
}

vrrp_instance VI_1 {
    state ${settings.preempt ? settings.state : "BACKUP"}
    interface ${settings.interface}
    virtual_router_id ${settings.virtualRouterId}
    priority ${settings.priority}
    advert_int ${settings.advertInterval}
${settings.preempt ? "" : "    nopreempt\n"}${versionLines(settings)}    virtual_ipaddress {
        ${settings.vip}
    }
}

virtual_server ${settings.vip} ${settings.port} {
    delay_loop ${settings.delayLoop}
    lb_algo ${settings.scheduler}
    lb_kind DR
${settings.persistenceTimeout > 0 ? `    persistence_timeout ${settings.persistenceTimeout}\n` : ""}    protocol TCP
${settings.realServers
  .map(
    ({ address, weight }) => `
    real_server ${address} ${settings.port} {
        weight ${weight}
        TCP_CHECK {
            connect_timeout ${settings.connectTimeout}
            delay_before_retry ${settings.delayBeforeRetry}
        }
    }
`,
  )
  .join("")}}
`;

/** Stands for the password in a configuration that is shown: the password itself is a secret of Pulumi's state. */
export const PASSWORD = "PASSWORD";

const passwordLine = /^(\s*auth_pass\s+)(\S+)$/m;

/** A keepalived.conf as it is shown, and its password; "" if it has none. */
export function withoutPassword(text: string): { config: string; password: string } {
  const [, , password = ""] = passwordLine.exec(text) ?? [];
  return { config: text.replace(passwordLine, `$1${PASSWORD}`), password };
}

/** The counterpart of `withoutPassword`: the text for the file. */
export const withPassword = (config: string, password: string): string =>
  config.replace(passwordLine, (_, before: string) => `${before}${password}`);

/** The lines of a vrrp_instance that its VRRP version makes: 2 is keepalived's default and has a password, 3 has to be named. */
export const versionLines = ({
  vrrpVersion,
  password,
}: Pick<KeepalivedSettings, "vrrpVersion" | "password">): string =>
  vrrpVersion === 3
    ? "    version 3\n"
    : `    authentication {
        auth_type PASS
        auth_pass ${password}
    }
`;
