import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quote } from "zx";
import { contentsOf, makePeerKeys } from "../../bench/contenders/contents.ts";
import { floorScript, provisioning } from "../../bench/contenders/floor.ts";
import { run } from "../../bench/harness/run.ts";
import { readLab } from "../../lab/index.ts";
import { labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { aptConf } from "../../provision/roles/packages.ts";
import { inUserland } from "./hosts.ts";

/** The scripts on this machine in the place of a server, with directories of its own over those that they write to. */
const lab = await readLab("labs/ha.yaml");
const inside = `set -e
mount --make-rprivate /
cp -a /etc "$1/etc" && mount --bind "$1/etc" /etc
for place in /root/.ssh /var/www/html /etc/keepalived /var/lib; do mkdir -p "$place" && mount -t tmpfs tmpfs "$place"; done
export PATH="$1/bin:$PATH" LOG="$1/log"
: >"$LOG"
bash -s <"$1/script"
for file in $2; do mkdir -p "$1/out$(dirname "$file")" && cp "$file" "$1/out$file"; done`;

describe("the bare commands that the roles are measured against", () => {
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "lvs-bench-test-"));
    await mkdir(join(directory, "bin"));
    // Each takes all of its input, as dpkg does: it must not be the rest of the script.
    for (const name of ["apt-get", "systemctl", "ipvsadm", "arptables"])
      await writeFile(
        join(directory, "bin", name),
        `#!/bin/sh\necho "${name} $*" >>"$LOG"; cat >>"$LOG"; [ ! "$APT_CONFIG" ] || cp "$APT_CONFIG" "$LOG.apt"\n`,
        { mode: 0o755 },
      );
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const does = async (script: string, files: readonly string[] = []): Promise<string[]> => {
    await writeFile(join(directory, "script"), script);
    await run(await inUserland("bash", "-c", inside, "bash", directory, files.join(" ")), { env: labEnvironment() });
    return (await readFile(join(directory, "log"), "utf8")).trimEnd().split("\n");
  };
  const written = (file: string) => readFile(join(directory, "out", file), "utf8");
  const contents = async (name: string) => {
    const server = lab.servers.find((one) => one.name === name);
    if (!server) throw new Error(`no ${name}`);
    const known = { peerKeys: await makePeerKeys(lab), hostKeys: new Map([["server1", "ssh-ed25519 AAAA"]]) };
    return { server, contents: contentsOf(lab, server, known) };
  };

  it("make a director with the files of the roles, to the last command", async () => {
    const { server, contents: wanted } = await contents("server1");
    const done = await does(await provisioning(server, wanted), [
      "/etc/keepalived/keepalived.conf",
      "/etc/smtpd.conf",
      "/root/.ssh/id_ed25519",
      "/root/.ssh/authorized_keys",
      "/etc/ssh/ssh_known_hosts",
    ]);
    expect(done).toEqual([
      "apt-get --quiet update",
      "apt-get --quiet --yes install bsd-mailx ipvsadm keepalived nftables opensmtpd",
      "systemctl --quiet --no-reload enable opensmtpd keepalived",
      "systemctl restart opensmtpd",
      "ipvsadm --clear",
      "systemctl restart keepalived",
    ]);
    expect(await readFile(join(directory, "log.apt"), "utf8")).toBe(aptConf);
    expect(await written("etc/keepalived/keepalived.conf")).toBe(wanted.keepalivedConf);
    expect(await written("etc/smtpd.conf")).toBe(wanted.smtpdConf);
    expect(await written("root/.ssh/id_ed25519")).toBe(wanted.identity);
    expect(await written("root/.ssh/authorized_keys")).toBe(`${wanted.authorized.join("\n")}\n`);
    expect(await written("etc/ssh/ssh_known_hosts")).toBe(`${wanted.knownHosts.join("\n")}\n`);
  });

  it("make a real server with the files of the roles, to the last command", async () => {
    const { server, contents: wanted } = await contents("server2");
    const unit = "/etc/systemd/system/lvs-real-server.service";
    const done = await does(await provisioning(server, wanted), ["/var/www/html/index.html", unit]);
    expect(done.slice(1)).toEqual([
      "apt-get --quiet --yes install apache2 arptables nftables",
      "systemctl --quiet --no-reload enable apache2 lvs-real-server",
      "systemctl start apache2 lvs-real-server",
    ]);
    expect(await written("var/www/html/index.html")).toBe("server2\n");
    expect(await written(unit)).toBe(wanted.unit);
  });

  it("change the scheduler in keepalived's configuration, break a real server, and mend it", async () => {
    const { contents: director } = await contents("server1");
    const conf = "/etc/keepalived/keepalived.conf";
    const given = `printf %s ${quote(director.keepalivedConf)} >${conf}\n`;
    expect(await does(given + (await floorScript("change", { SCHEDULER: "wrr" })), [conf])).toEqual([
      "systemctl reload keepalived",
    ]);
    expect(await written(conf)).toBe(director.keepalivedConf.replace("lb_algo rr", "lb_algo wrr"));
    expect(await does(await floorScript("break"))).toEqual(["systemctl stop apache2", "arptables --flush"]);
    const mended = await does(await floorScript("mend", { PAGE: "server2\n" }), ["/var/www/html/index.html"]);
    expect(mended).toEqual(["systemctl start apache2", "systemctl restart lvs-real-server"]);
    expect(await written("var/www/html/index.html")).toBe("server2\n");
  });

  it("end at the first command that fails", async () => {
    await expect(does("{\nset -e\nfalse\necho on\n} </dev/null\n")).rejects.toThrow("ended with status 1");
  });
});
