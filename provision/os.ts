import type { GuestOs } from "../lab/index.ts";

/**
 * Differences between operating system families: names of packages and services, paths, package commands. Roles read this table instead of
 * testing for a family. A further family is a further row.
 */
export interface OsFamily {
  /** For people: `Debian 12`. */
  readonly title: string;
  /** Commands of the package manager, for people. */
  readonly packageManager: {
    /** Reads the lists of packages; not there: `install` does. */
    readonly update?: string;
    /** Takes the packages' names after it. */
    readonly install: string;
  };
  /** What filters packets from the start; not there: nothing does. */
  readonly firewall?: {
    readonly service: string;
    /** Commands that let VRRP's advertisements in, and a port. They last until the next boot; `--permanent` is for later ones. */
    readonly vrrp: string;
    port(port: number, protocol: "tcp" | "udp"): string;
  };
  /** The types of mandatory access control that the roles meet; not there: there is none. */
  readonly selinux?: {
    /** Of a program that keepalived may run: keepalived_selinux(8). */
    readonly script: string;
    /** The command that lets keepalived's health checks connect to any port. */
    readonly connectAny: string;
  };
  /** What configures interfaces, and takes away what it does not know; not there: nothing runs. */
  readonly networkManager?: { readonly service: string; readonly directory: string };
  readonly httpd: {
    readonly packages: readonly string[];
    readonly service: string;
    /** The ports that the package configures. */
    readonly packagedPorts: readonly number[];
    readonly page: string;
    /** Files that set the ports, each with its lines: a basic regular expression whose group matches the ports, and the text to write. */
    readonly ports: readonly {
      readonly path: string;
      readonly line: { readonly pattern: string; text(ports: readonly number[]): string };
    }[];
    /** The file that adds TLS to some of the ports, and the certificate that it names. */
    readonly tls: {
      readonly path: string;
      readonly certificate: string;
      readonly key: string;
      text(ports: readonly number[]): string;
    };
  };
  /** Packages for the faults' packet filter. Built into the image, so that no installation is needed. */
  readonly nftables: { readonly packages: readonly string[] };
  readonly ipvsadm: {
    readonly packages: readonly string[];
    /** The rules that the package's own service restores at boot. The lab has a unit of its own. */
    readonly rules: string;
  };
  readonly arptables: { readonly packages: readonly string[] };
  readonly keepalived: {
    readonly packages: readonly string[];
    readonly service: string;
    readonly config: string;
    /** PID files of the VRRP and the health check process: keepalived(8), --vrrp_pid, --checkers_pid. */
    readonly vrrpPid: string;
    readonly checkersPid: string;
    /** The same of the BFD process. All of these keepalived packages are built with BFD; of Debian 13's and Enterprise Linux 9's that was not seen. */
    readonly bfdPid: string;
    /** A command of keepalived.conf, as keepalived 2.2 takes it, for this system's version. The text is what stands between the double quotes. */
    command(text: string): string;
  };
  /** An MTA and the `mail` command. */
  readonly mail: {
    readonly packages: readonly string[];
    readonly service: string;
    readonly config: string;
    /** Its configuration, for mail of the server itself alone, or for mail from everywhere to the server's own users. */
    configText(from: "itself" | "everywhere"): string;
  };
}

const tlsFiles = { certificate: "/etc/lvs-lab/httpd.crt", key: "/etc/lvs-lab/httpd.key" };

/** A host of Apache's that speaks TLS on these ports. */
const tlsHost = (
  ports: readonly number[],
  { certificate, key }: typeof tlsFiles,
): string => `<VirtualHost ${ports.map((port) => `*:${port}`).join(" ")}>
DocumentRoot /var/www/html
SSLEngine on
SSLCertificateFile ${certificate}
SSLCertificateKeyFile ${key}
</VirtualHost>
`;

/** keepalived 2.2, as distributions package it. */
const keepalived22: OsFamily["keepalived"] = {
  packages: ["keepalived"],
  service: "keepalived",
  config: "/etc/keepalived/keepalived.conf",
  vrrpPid: "/run/vrrp.pid",
  checkersPid: "/run/checkers.pid",
  bfdPid: "/run/bfd.pid",
  command: (text) => text,
};

/** What all Debian releases have in common. */
const debian: Omit<OsFamily, "title"> = {
  packageManager: { update: "apt-get --quiet update", install: "apt-get --quiet --yes install" },
  httpd: {
    packages: ["apache2"],
    service: "apache2",
    packagedPorts: [80],
    page: "/var/www/html/index.html",
    ports: [
      {
        path: "/etc/apache2/ports.conf",
        line: { pattern: "Listen \\([0-9]*\\)", text: (ports) => ports.map((port) => `Listen ${port}`).join("\n") },
      },
      {
        path: "/etc/apache2/sites-available/000-default.conf",
        line: {
          pattern: "<VirtualHost \\(\\*:[0-9 *:]*\\)>",
          text: (ports) => `<VirtualHost ${ports.map((port) => `*:${port}`).join(" ")}>`,
        },
      },
    ],
    tls: {
      // Read before the sites: of the hosts on a port, the first one decides whether it speaks TLS. And read after ports.conf, which would listen
      // on 443 a second time if it found the module loaded.
      path: "/etc/apache2/conf-enabled/lvs-lab-tls.conf",
      certificate: tlsFiles.certificate,
      key: tlsFiles.key,
      text: (ports) => `<IfModule !ssl_module>
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
</IfModule>
${tlsHost(ports, tlsFiles)}`,
    },
  },
  nftables: { packages: ["nftables"] },
  ipvsadm: { packages: ["ipvsadm"], rules: "/etc/ipvsadm.rules" },
  arptables: { packages: ["arptables"] },
  keepalived: keepalived22,
  mail: {
    // OpenSMTPD starts much faster than the larger MTAs, and the lab only mails root.
    packages: ["opensmtpd", "bsd-mailx"],
    service: "opensmtpd",
    config: "/etc/smtpd.conf",
    // On all addresses, not on the server's own: what is there when it starts at boot does not matter.
    configText: (from) =>
      from === "itself"
        ? `# Mail stays on this server: smtpd.conf(5).
table aliases file:/etc/aliases
listen on lo
action "local" mbox alias <aliases>
match from local for local action "local"
`
        : `# Mail for this server's own users, from everywhere: smtpd.conf(5).
table aliases file:/etc/aliases
listen on 0.0.0.0
listen on ::
action "local" mbox alias <aliases>
match from any for local action "local"
`,
  },
};

/**
 * A command for keepalived 2.3. It takes backslashes away once, where 2.2 does so twice (install_keyword_quoted in its lib/parser.c). And it runs no
 * program whose path leads through a link, as /bin and /sbin are (check_security in its lib/notify.c).
 */
function commandOf23(text: string): string {
  return text.replace(/\\(.)/g, "$1").replace(/^\/s?bin\//, "/usr$&");
}

/** A property of the table that lists packages. */
export type PackageGroup = {
  [K in keyof OsFamily]-?: OsFamily[K] extends { readonly packages: readonly string[] } ? K : never;
}[keyof OsFamily];

/** A family that guests run. */
export interface GuestFamily extends OsFamily {
  /** What an image is built from: the name of the release in a Debian archive. */
  readonly release: { readonly suite: string };
}

/**
 * Enterprise Linux 9 and what is built from it: RHEL, CentOS Stream, Rocky Linux, AlmaLinux. These are facts from documentation, without a guest:
 * test/unit/provision/os.test.ts compares them with what is recorded of such systems, and names those that nothing recorded confirms.
 */
const enterpriseLinux9: OsFamily = {
  title: "Enterprise Linux 9",
  packageManager: { install: "dnf --assumeyes install" },
  firewall: {
    service: "firewalld",
    vrrp: "firewall-cmd --add-protocol=vrrp",
    port: (port, protocol) => `firewall-cmd --add-port=${port}/${protocol}`,
  },
  selinux: {
    script: "keepalived_unconfined_script_exec_t",
    connectAny: "setsebool -P keepalived_connect_any 1",
  },
  networkManager: { service: "NetworkManager", directory: "/etc/NetworkManager/system-connections" },
  httpd: {
    packages: ["httpd", "mod_ssl"],
    service: "httpd",
    packagedPorts: [80],
    page: "/var/www/html/index.html",
    ports: [
      {
        path: "/etc/httpd/conf/httpd.conf",
        line: { pattern: "Listen \\([0-9]*\\)", text: (ports) => ports.map((port) => `Listen ${port}`).join("\n") },
      },
    ],
    tls: {
      // In place of mod_ssl's own, which listens on port 443. The module is loaded before.
      path: "/etc/httpd/conf.d/ssl.conf",
      certificate: tlsFiles.certificate,
      key: tlsFiles.key,
      text: (ports) => tlsHost(ports, tlsFiles),
    },
  },
  nftables: { packages: ["nftables"] },
  ipvsadm: { packages: ["ipvsadm"], rules: "/etc/sysconfig/ipvsadm" },
  // Deprecated there: `arpCure: nftables` needs no package that is.
  arptables: { packages: ["iptables-nft"] },
  keepalived: keepalived22,
  mail: {
    packages: ["postfix", "s-nail"],
    service: "postfix",
    config: "/etc/postfix/main.cf",
    configText: (
      from,
    ) => `# Mail ${from === "itself" ? "stays on this server" : "for this server's own users, from everywhere"}: postconf(5).
compatibility_level = 2
inet_interfaces = ${from === "itself" ? "loopback-only" : "all"}
mydestination = $myhostname, localhost.$mydomain, localhost
alias_maps = hash:/etc/aliases
`,
  },
};

/** Every operating system. Guests run those of lab/os.ts. */
export const osFamilies: Readonly<Record<GuestOs, GuestFamily> & Record<"el-9", OsFamily>> = {
  "debian-12": { ...debian, title: "Debian 12", release: { suite: "bookworm" } },
  "debian-13": {
    ...debian,
    title: "Debian 13",
    release: { suite: "trixie" },
    keepalived: { ...keepalived22, command: commandOf23 },
  },
  "el-9": enterpriseLinux9,
};

export type OsName = keyof typeof osFamilies;

/** What a director needs that has a configuration of somebody's own: keepalived, and what people and faults use beside it. */
export const directorPackages = (os: GuestOs): string[] =>
  [
    ...osFamilies[os].keepalived.packages,
    ...osFamilies[os].ipvsadm.packages,
    ...osFamilies[os].nftables.packages,
  ].sort();
