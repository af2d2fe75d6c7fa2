import type { GuestOs } from "../lab/index.ts";

/**
 * Differences between operating system families: names of packages and services, paths, package commands. Roles read this table instead of
 * testing for a family. A further family is a further row.
 */
export interface OsFamily {
  /** For people: `Debian 12`. */
  readonly title: string;
  /** What a guest image is built from: the name of the release in a Debian archive. */
  readonly release: { readonly suite: string };
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
  readonly ipvsadm: { readonly packages: readonly string[] };
  readonly arptables: { readonly packages: readonly string[] };
  readonly keepalived: {
    readonly packages: readonly string[];
    readonly service: string;
    readonly config: string;
    /** PID files of the VRRP and the health check process: keepalived(8), --vrrp_pid, --checkers_pid. */
    readonly vrrpPid: string;
    readonly checkersPid: string;
    /** A command of keepalived.conf, as keepalived 2.2 takes it, for this system's version. The text is what stands between the double quotes. */
    command(text: string): string;
  };
  /** A local MTA and the `mail` command. */
  readonly mail: {
    readonly packages: readonly string[];
    readonly service: string;
    readonly config: string;
    readonly configText: string;
  };
}

const tlsFiles = { certificate: "/etc/lvs-lab/httpd.crt", key: "/etc/lvs-lab/httpd.key" };

/** What all Debian releases have in common. */
const debian: Omit<OsFamily, "title" | "release"> = {
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
<VirtualHost ${ports.map((port) => `*:${port}`).join(" ")}>
DocumentRoot /var/www/html
SSLEngine on
SSLCertificateFile ${tlsFiles.certificate}
SSLCertificateKeyFile ${tlsFiles.key}
</VirtualHost>
`,
    },
  },
  nftables: { packages: ["nftables"] },
  ipvsadm: { packages: ["ipvsadm"] },
  arptables: { packages: ["arptables"] },
  keepalived: {
    packages: ["keepalived"],
    service: "keepalived",
    config: "/etc/keepalived/keepalived.conf",
    vrrpPid: "/run/vrrp.pid",
    checkersPid: "/run/checkers.pid",
    command: (text) => text,
  },
  mail: {
    // OpenSMTPD starts much faster than the larger MTAs, and the lab only mails root.
    packages: ["opensmtpd", "bsd-mailx"],
    service: "opensmtpd",
    config: "/etc/smtpd.conf",
    configText: `# Mail stays on this server: smtpd.conf(5).
table aliases file:/etc/aliases
listen on lo
action "local" mbox alias <aliases>
match from local for local action "local"
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
  [K in keyof OsFamily]: OsFamily[K] extends { readonly packages: readonly string[] } ? K : never;
}[keyof OsFamily];

export const osFamilies: Readonly<Record<GuestOs, OsFamily>> = {
  "debian-12": { ...debian, title: "Debian 12", release: { suite: "bookworm" } },
  "debian-13": {
    ...debian,
    title: "Debian 13",
    release: { suite: "trixie" },
    keepalived: { ...debian.keepalived, command: commandOf23 },
  },
};

export type OsName = keyof typeof osFamilies;
