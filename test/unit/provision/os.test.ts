import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { guestOses } from "../../../lab/index.ts";
import { type OsFamily, type OsName, osFamilies, type PackageGroup } from "../../../provision/os.ts";
import { role as packages } from "../../../provision/roles/packages.ts";

/** Statements on Enterprise Linux from documentation and from such systems, as found: none was made here. */
const recorded = JSON.parse(readFileSync(join(import.meta.dirname, "recorded-el-9.json"), "utf8")) as readonly {
  readonly source: string;
  readonly system: string;
  readonly says: string;
}[];
const el: OsFamily = osFamilies["el-9"];

/** The facts of a row, by their paths. Functions are called with the ports 8080 and 8443. */
function factsOf(value: unknown, path = ""): [string, string][] {
  if (typeof value === "function") return [[path, value.length > 1 ? value(8080, "tcp") : ""]];
  if (typeof value !== "object") return [[path, String(value)]];
  return Object.entries(value ?? {}).flatMap(([key, inner]) => factsOf(inner, path === "" ? key : `${path}.${key}`));
}
const facts = Object.fromEntries(factsOf(el));

/** What recorded statements confirm, by fact: words that the source says. */
const confirmed: Readonly<Record<string, string>> = {
  "packageManager.install": "dnf install",
  "firewall.service": "firewalld",
  "firewall.vrrp": "firewall-cmd --add-protocol=vrrp",
  "firewall.port": "firewall-cmd --add-port=8080/tcp",
  "selinux.script": "keepalived_unconfined_script_exec_t",
  "selinux.connectAny": "setsebool -P keepalived_connect_any 1",
  "networkManager.service": "NetworkManager",
  "networkManager.directory": "/etc/NetworkManager/system-connections",
  "httpd.packages.1": "mod_ssl",
  "httpd.service": "httpd.service",
  "httpd.packagedPorts.0": "httpd_Listen | 80",
  "httpd.page": "/var/www/html",
  "httpd.tls.path": "/etc/httpd/conf.d/ssl.conf",
  "nftables.packages.0": "provided by the nftables package",
  "ipvsadm.packages.0": "/usr/sbin/ipvsadm",
  "ipvsadm.rules": "ipvsadm-restore < /etc/sysconfig/ipvsadm",
  "arptables.packages.0": "The iptables-nft package contains",
  "mail.packages.0": "install postfix s-nail",
  "mail.packages.1": "install postfix s-nail",
};

/** What nothing recorded confirms: common knowledge of such systems, or the lab's own choice. */
const unconfirmed = [
  "title",
  "httpd.packages.0",
  "httpd.ports.0.path",
  "httpd.ports.0.line.pattern",
  "httpd.ports.0.line.text",
  "httpd.tls.certificate",
  "httpd.tls.key",
  "httpd.tls.text",
  "keepalived.packages.0",
  "keepalived.service",
  "keepalived.config",
  "keepalived.vrrpPid",
  "keepalived.checkersPid",
  "keepalived.bfdPid",
  "keepalived.command",
  "mail.service",
  "mail.config",
  "mail.configText",
];

describe("the facts of Enterprise Linux 9", () => {
  it.each(Object.entries(confirmed))("%s is what a source says", (fact, words) => {
    const sources = recorded.filter(({ says }) => says.includes(words));
    expect(sources).not.toEqual([]);
    // The words hold the fact, or the fact what they say of a directory, a port or a command with options.
    const value = facts[fact] ?? "";
    const bare = value.replace(" --assumeyes", "").replace("/index.html", "");
    expect(words.includes(bare)).toBe(true);
  });

  it("each one is confirmed, or is known not to be", () => {
    expect([...Object.keys(confirmed), ...unconfirmed].sort()).toEqual(Object.keys(facts).sort());
  });

  it("each source says on which system", () => {
    for (const { source, system } of recorded) expect([source, system].every((text) => text.length > 5)).toBe(true);
  });

  it("make steps for a person", () => {
    expect(installing("el-9", ["httpd", "keepalived", "mail"])).toEqual([
      "dnf --assumeyes install httpd mod_ssl keepalived postfix s-nail",
    ]);
  });

  it("are no guest's: no image is built from them", () => {
    expect(guestOses).not.toContain("el-9");
    expect(el).not.toHaveProperty("release");
    expect(guestOses.every((os) => "suite" in osFamilies[os].release)).toBe(true);
  });
});

it("each system installs its packages by its own package manager", () => {
  const commands = (os: OsName) => installing(os, ["ipvsadm"]);
  expect(commands("debian-12")).toEqual(["apt-get --quiet update", "apt-get --quiet --yes install ipvsadm"]);
  expect(commands("debian-13")).toEqual(commands("debian-12"));
  expect(commands("el-9")).toEqual(["dnf --assumeyes install ipvsadm"]);
});

/** What a person types to install the packages of these rows. */
const installing = (os: OsName, groups: readonly PackageGroup[]) =>
  packages.byHand({ groups, names: [] }, { server: { os } } as never).steps[0]?.commands;
