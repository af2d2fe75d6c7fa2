import { describe, expect, it } from "vitest";
import { parseLab, quotedCommand, readLab, serverNamed, type VrrpPart, vrrpPartsOf } from "../../../../lab/index.ts";
import { programsOf, scriptLines } from "../../../../provision/roles/keepalived-commands.ts";
import { notifyScript } from "../../../../provision/roles/keepalived-notify.ts";
import { notifyScriptOf, syncDaemonLine, vrrpBlocks } from "../../../../provision/roles/keepalived-vrrp.ts";
import { twoInstances } from "../../lab/vrrp-cases.ts";

const partsWith = (first: readonly string[], second: readonly string[] = []): VrrpPart[] => {
  const lines = (all: readonly string[]) => all.map((line) => `    ${line}\n`).join("");
  const lab = parseLab(
    twoInstances
      .replace("  - id: 51\n", `  - id: 51\n${lines(first)}`)
      .replace("  - id: 52\n", `  - id: 52\n${lines(second)}`),
    "lab.yaml",
  );
  return vrrpPartsOf(lab, serverNamed(lab, "a"));
};

/** The lines that differ from those of instances without any of it, without their indentation. */
function added(first: readonly string[], second: readonly string[] = []): string[] {
  const lines = (text: string) => text.split("\n").map((line) => line.trim());
  const before = lines(vrrpBlocks(partsWith([])));
  return lines(vrrpBlocks(partsWith(first, second))).filter((line) => {
    const index = before.indexOf(line);
    if (index >= 0) before.splice(index, 1);
    return index < 0 && line !== "";
  });
}

it("writes every block of an instance that has all there is", () => {
  const [part] = partsWith([
    "preemptDelay: 4.5",
    "unicast: true",
    "useVmac: true",
    "notify: true",
    "trackScripts: [{ command: /usr/bin/pgrep cron, interval: 2, timeout: 1, fall: 3, rise: 2, weight: -60 }]",
    "trackProcesses: [{ process: cron, quorum: 2, delay: 1.5 }]",
  ]);
  expect(
    vrrpBlocks(part ? [{ ...part, trackInterfaces: [{ device: "eth1", weight: -20 }] }] : []),
  ).toMatchInlineSnapshot(`
    "
    vrrp_script pgrep {
        script "/usr/bin/pgrep cron"
        interval 2
        timeout 1
        fall 3
        rise 2
    }

    vrrp_track_process cron {
        process cron
        quorum 2
        delay 1.5
    }

    vrrp_instance VI_1 {
        state BACKUP
        interface eth0
        virtual_router_id 51
        priority 100
        advert_int 1
        preempt_delay 4.5
        use_vmac
        vmac_xmit_base
        unicast_src_ip 172.25.254.11
        unicast_peer {
            172.25.254.12
            172.25.254.13
        }
        authentication {
            auth_type PASS
            auth_pass 1111
        }
        track_interface {
            eth1 weight -20
        }
        track_script {
            pgrep weight -60
        }
        track_process {
            cron weight 0
        }
        notify "/etc/keepalived/lvs-lab-notify"
        virtual_ipaddress {
            172.25.254.100
        }
    }
    "
  `);
});

describe("an instance", () => {
  it("has no line that it needs none of", async () => {
    const lab = await readLab("labs/ha.yaml");
    const text = vrrpBlocks(vrrpPartsOf(lab, serverNamed(lab, "server1")));
    expect(text).not.toMatch(/track|notify|unicast|vmac|delay|sync|script/);
  });

  it("that waits before it preempts begins as BACKUP, as keepalived wants it", () => {
    expect(added(["preemptDelay: 0.25"])).toEqual(["state BACKUP", "preempt_delay 0.25"]);
    const [part] = partsWith([]);
    expect(vrrpBlocks(part ? [{ ...part, state: "MASTER", preemptDelay: 5 }] : [])).toContain("state BACKUP");
  });

  it("with a virtual MAC address sends from the interface below only if it sends unicast", () => {
    expect(added(["useVmac: true"])).toEqual(["use_vmac"]);
    expect(added(["useVmac: true", "unicast: true"]).slice(0, 2)).toEqual(["use_vmac", "vmac_xmit_base"]);
  });

  it("sends unicast to all members but itself", () => {
    expect(added(["unicast: true"])).toEqual([
      "unicast_src_ip 172.25.254.11",
      "unicast_peer {",
      "172.25.254.12",
      "172.25.254.13",
      "}",
    ]);
  });

  it("without a weight goes to FAULT: a process needs a weight of 0 for it, a script and an interface none", () => {
    expect(added(["trackScripts: [{ command: /bin/true }]", "trackProcesses: [{ process: cron }]"])).toEqual(
      expect.arrayContaining(["true", "cron weight 0"]),
    );
  });

  it("calls the lab's notify script, or the file's command", () => {
    expect(added(["notify: true"])).toEqual([`notify "${notifyScript.path}"`]);
    expect(added(['notify: [/opt/told, "two words"]'])).toEqual([`notify "/opt/told 'two words'"`]);
  });
});

it("a script that two instances track is written once, before them, each with a weight of its own", () => {
  const text = vrrpBlocks(
    partsWith(
      ["trackScripts: [{ command: /bin/true, weight: -10 }]"],
      ["trackScripts: [{ command: /bin/true, weight: 20 }]"],
    ),
  );
  expect(text.match(/^\S.*\{$|true.*/gm)).toEqual([
    ...["vrrp_script true {", 'true"'],
    ...["vrrp_instance VI_1 {", "true weight -10", "vrrp_instance VI_2 {", "true weight 20"],
  ]);
});

it("a sync group names its instances", () => {
  expect(added(["syncGroup: VG"], ["syncGroup: VG"]).slice(0, 4)).toEqual([
    ...["vrrp_sync_group VG {", "group {", "VI_1", "VI_2"],
  ]);
});

it("the sync daemon follows its instance, on its interface, by its VRID", () => {
  expect(syncDaemonLine(partsWith(["syncGroup: VG"], ["syncGroup: VG"]))).toBe("");
  expect(syncDaemonLine(partsWith(["syncGroup: VG"], ["syncGroup: VG", "connectionSync: true"]))).toBe(
    "   lvs_sync_daemon eth0 VI_2 id 52\n",
  );
});

it("an instance whose name is an option of the sync daemon's line is named as what it is", () => {
  const parts = partsWith(["syncGroup: VG", "connectionSync: true", "name: group"], ["syncGroup: VG"]);
  expect(syncDaemonLine(parts)).toBe("   lvs_sync_daemon eth0 inst group id 51\n");
});

it("global_defs has script lines only if an instance runs scripts", () => {
  expect(scriptLines({ instances: partsWith([]), services: [] })).toBe("");
  expect(
    scriptLines({ instances: partsWith(["trackProcesses: [{ process: cron }]", "unicast: true"]), services: [] }),
  ).toBe("");
  for (const line of ["notify: true", "trackScripts: [{ command: /bin/true }]"])
    expect(scriptLines({ instances: partsWith([], [line]), services: [] })).toBe(
      "   script_user root\n   enable_script_security\n",
    );
});

it("programs are those that keepalived calls, the lab's own script apart", () => {
  expect(programsOf({ instances: partsWith([]), services: [] })).toEqual([]);
  const parts = partsWith(
    ["notify: true", "trackScripts: [{ command: /bin/true }, { command: /bin/false 1 }]"],
    ["notify: /opt/told", "trackScripts: [{ command: /bin/true }]"],
  );
  expect(programsOf({ instances: parts, services: [] })).toEqual(["/bin/false", "/bin/true", "/opt/told"]);
  expect(notifyScriptOf(parts)).toBe(notifyScript.text);
  expect(notifyScriptOf(partsWith(["notify: /opt/told"]))).toBe("");
});

it.each<[string[], string]>([
  [["/usr/bin/pgrep", "apache2"], '"/usr/bin/pgrep apache2"'],
  [["/bin/sh", "-c", "test ! -e /run/x"], `"/bin/sh -c 'test ! -e /run/x'"`],
  [["/bin/a", ""], `"/bin/a ''"`],
  [["/bin/a", "it's"], String.raw`"/bin/a it\\'s"`],
  [["/bin/a", 'say "x"'], String.raw`"/bin/a 'say \"x\"'"`],
  [["/bin/a", String.raw`\n`], String.raw`"/bin/a \\\\n"`],
])("%j is quoted as keepalived reads it", (command, text) => {
  expect(quotedCommand(command)).toBe(text);
});
