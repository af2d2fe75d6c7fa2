import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changesIn, inventoryOf, playbook, playWith } from "../../bench/contenders/ansible.ts";
import { type Contents, contentsOf, makePeerKeys } from "../../bench/contenders/contents.ts";
import { onPath } from "../../bench/harness/on-path.ts";
import { run } from "../../bench/harness/run.ts";
import { readLab } from "../../lab/index.ts";
import { command } from "../../provision/ssh/index.ts";
import { inUserland } from "./hosts.ts";

/**
 * The playbook on this machine in the place of a server, with directories of its own over those that it writes to, and stand-ins for what
 * needs a running systemd and a lab's kernel: they say that all is well, and note what they are told to do.
 */
const lab = await readLab("labs/ha.yaml");
const inside = `set -e
mount --make-rprivate /
cp -a /etc "$1/etc" && mount --bind "$1/etc" /etc
for place in /root/.ssh /var/www/html /etc/keepalived; do mkdir -p "$place" && mount -t tmpfs tmpfs "$place"; done
export PATH="$1/bin:$PATH" LOG="$1/log"
ansible-playbook --inventory "$1/inventory.json" --connection local --limit "$2" --skip-tags packages "$3"
cd / && for file in $4; do mkdir -p "$1/out$(dirname "$file")" && cp "$file" "$1/out$file"; done
echo "--- again"; : >"$LOG"
ansible-playbook --inventory "$1/inventory.json" --connection local --limit "$2" --skip-tags packages "$3"`;

const standIns = {
  systemctl: `echo "$*" >>"$LOG"; case "$*" in *show*) printf 'LoadState=loaded\\nActiveState=active\\nUnitFileState=enabled\\n' ;; *is-enabled*) echo enabled ;; esac`,
  arptables: `printf '%s\\n' 'Chain INPUT (policy ACCEPT)' '-j DROP -d 172.25.254.100' 'Chain OUTPUT (policy ACCEPT)' '-j mangle -s 172.25.254.100 --mangle-ip-s 172.25.254.12'`,
  // As it is installed on a director: what the playbook has it test, it tests.
  keepalived: `exec ${command`${await inUserland("unshare", "--net", "sh", "-c", 'ip link add eth0 type veth && exec keepalived "$@"', "keepalived")}`} "$@"`,
  ip: `echo '2: eth0    inet 172.25.254.100/32 scope global eth0'`,
};

describe.skipIf(!onPath("ansible-playbook"))("the playbook that the roles are measured against", () => {
  let directory = "";
  const contents = new Map<string, Contents>();

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "lvs-bench-test-"));
    const known = { peerKeys: await makePeerKeys(lab), hostKeys: new Map([["server1", "ssh-ed25519 AAAA"]]) };
    for (const server of lab.servers) contents.set(server.name, contentsOf(lab, server, known));
    const inventory = inventoryOf(lab, { contents, sshOptions: ["-F", "none"] });
    await writeFile(join(directory, "inventory.json"), JSON.stringify(inventory));
    execFileSync("mkdir", [join(directory, "bin")]);
    for (const [name, text] of Object.entries(standIns)) {
      await writeFile(join(directory, "bin", name), `#!/bin/bash\n${text}\n`);
      await chmod(join(directory, "bin", name), 0o755);
    }
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const played = async (server: string, files: readonly string[]) => {
    const output = await run(
      ["unshare", "--mount", "bash", "-c", inside, "bash", directory, server, playbook, files.join(" ")],
      {
        env: {
          ...{ ANSIBLE_CONFIG: "bench/ansible/ansible.cfg", ANSIBLE_NOCOLOR: "1", LC_ALL: "C.UTF-8" },
          ANSIBLE_REMOTE_TMP: join(directory, "ansible"),
        },
      },
    );
    const [first = "", again = ""] = output.split("--- again");
    const told = await readFile(join(directory, "log"), "utf8");
    return { first: changesIn(first), again: changesIn(again), told };
  };
  const written = (file: string) => readFile(join(directory, "out", file), "utf8");

  it("is one that Ansible takes", async () => {
    expect(await playWith(join(directory, "inventory.json"), join(directory, "%n"), "--syntax-check")).toContain(
      "site.yml",
    );
  });

  it("writes a director's files as the roles do, and has nothing to do the second time", async () => {
    const { first, again, told } = await played("server1", [
      "/etc/keepalived/keepalived.conf",
      "/etc/smtpd.conf",
      "/root/.ssh/id_ed25519",
      "/root/.ssh/authorized_keys",
      "/etc/ssh/ssh_known_hosts",
    ]);
    const wanted = contents.get("server1");
    expect(await written("etc/keepalived/keepalived.conf")).toBe(wanted?.keepalivedConf);
    expect(await written("etc/smtpd.conf")).toBe(wanted?.smtpdConf);
    expect(await written("root/.ssh/id_ed25519")).toBe(wanted?.identity);
    expect(await written("root/.ssh/authorized_keys")).toBe(`${wanted?.authorized.join("\n")}\n`);
    expect(await written("etc/ssh/ssh_known_hosts")).toBe(`${wanted?.knownHosts.join("\n")}\n`);
    expect(first).toBeGreaterThan(4);
    expect(again).toBe(0);
    expect(told).not.toMatch(/reload|restart/);
  });

  it("writes a real server's files as the roles do, and has nothing to do the second time", async () => {
    const { again } = await played("server2", [
      "/var/www/html/index.html",
      "/etc/systemd/system/lvs-real-server.service",
    ]);
    expect(await written("var/www/html/index.html")).toBe("server2\n");
    expect(await written("etc/systemd/system/lvs-real-server.service")).toBe(contents.get("server2")?.unit);
    expect(again).toBe(0);
  });

  it("sees that ARP rules are gone, and starts the unit that puts them up anew", async () => {
    await writeFile(join(directory, "bin/arptables"), "#!/bin/sh\necho 'Chain INPUT (policy ACCEPT)'\n");
    const { told, again } = await played("server2", []);
    expect(again).toBe(1 + 1); // the look, and the restart
    expect(told).toContain("restart lvs-real-server");
  });
});
