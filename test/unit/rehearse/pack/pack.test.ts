import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished, test } from "vitest";
import { toIp } from "../../../../lab/index.ts";
import { type Folder, readFolder } from "../../../../rehearse/folder.ts";
import { findingsAsJson } from "../../../../rehearse/lint/format.ts";
import { lint } from "../../../../rehearse/lint/index.ts";
import { redactedCapture } from "../../../../rehearse/pack/capture.ts";
import { packed } from "../../../../rehearse/pack/contents.ts";
import { formatPacked } from "../../../../rehearse/pack/format.ts";
import type { Packed } from "../../../../rehearse/pack/packed.ts";
import { Redaction } from "../../../../rehearse/pack/redaction.ts";
import { type LastReport, lastRehearsalIn, lastReportIn } from "../../../../rehearse/pack/report.ts";
import { archiveOf, writeTree } from "../../../../rehearse/pack/tree.ts";
import type { RollOutResult } from "../../../../rehearse/reload/result.ts";
import type { ReloadRow } from "../../../../rehearse/reload/row.ts";
import type { MatrixCell, MatrixResult } from "../../../../rehearse/report/result.ts";
import { parseFrame } from "../../../../verify/wire/parse.ts";
import { PcapReader } from "../../../../verify/wire/pcap.ts";
import { aRun } from "../../verify/report/a-run.ts";
import { dump, ethernet, ipv4, tcp, vrrp2 } from "../../verify/wire/frames.ts";
import { pathOf } from "../a-folder.ts";
import { aMatrix } from "../report/a-matrix.ts";

/** What stands for the script and the style sheet of pages. */
const bundle = { script: "/* script */", style: "/* style */" };
const pack = (folder: Folder, report: LastReport | string = "no report") => packed([folder], report, bundle);

const recorded = readFileSync(join(import.meta.dirname, "failover.pcap"));
const passwordsIn = (capture: Buffer) => [
  ...new Set(
    new PcapReader().read(capture).flatMap(({ bytes }) => {
      const packet = parseFrame(bytes);
      return packet?.kind === "vrrp" ? [packet.password] : [];
    }),
  ),
];

describe("a capture", () => {
  const frame = (password: string) =>
    ethernet("52:54:00:fe:00:0b", 0x0800, ipv4({ protocol: 112 }, vrrp2({ password })));

  it("has placeholders for its passwords, those of the configurations, and all of its packets", () => {
    const redaction = new Redaction();
    const placeholder = redaction.placeholders.ofPassword("1111");
    const { bytes, passwords, leftOut } = redactedCapture(recorded, redaction);
    expect(passwordsIn(recorded)).toEqual(["1111"]);
    expect(passwordsIn(bytes)).toEqual([placeholder]);
    expect(passwords).toBe(23);
    expect(leftOut.size).toBe(0);
    expect(bytes).toHaveLength(recorded.length);
    // Nothing else has changed: eight bytes of a password and two of a checksum in each advertisement.
    const differing = bytes.filter((byte, index) => byte !== recorded[index]).length;
    expect(differing).toBeLessThanOrEqual(23 * 10);
  });

  it("tells routers with another password apart, and keeps one that has none as it is", () => {
    const { bytes, passwords } = redactedCapture(
      dump([frame("1111"), frame("wrong"), frame(""), frame("1111")].map((one, n) => [n, 0, one] as const)),
      new Redaction(),
    );
    const seen = new PcapReader().read(bytes).map(({ bytes: one }) => {
      const packet = parseFrame(one);
      return packet?.kind === "vrrp" ? packet.password : undefined;
    });
    expect(seen).toEqual(["hidden01", "hidden02", "", "hidden01"]);
    expect(passwords).toBe(3);
  });

  it("is without packets in which a secret may be", () => {
    const redaction = new Redaction();
    redaction.learnText("chk.sh", "curl --password s3cretword http://x");
    const page = [...Buffer.from("GET /s3cretword HTTP/1.1")];
    const { bytes, leftOut } = redactedCapture(
      dump([
        [0, 0, frame("1111").subarray(0, -2)],
        [1, 0, ethernet("52:54:00:fe:00:0b", 0x0800, ipv4({ protocol: 6 }, [...tcp(), ...page]))],
        [2, 0, frame("1111")],
      ]),
      redaction,
    );
    expect([...leftOut]).toEqual([
      ["its password is cut off", 1],
      ["a secret is in it", 1],
    ]);
    expect(new PcapReader().read(bytes)).toHaveLength(1);
  });
});

const conf = (name: string, priority: number, password: string) => `global_defs {
    router_id ${name}
    script_user root
    enable_script_security
}
vrrp_script chk {
    script "/etc/keepalived/chk.sh --password tops3cret"
    interval 2
}
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority ${priority}
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass ${password}
    }
    virtual_ipaddress {
        192.0.2.100/24
    }
    track_script {
        chk
    }
}
include services/*.conf
`;

const web = `virtual_server 192.0.2.100 80 {
    delay_loop 3
    lb_algo rr
    lb_kind DR
    protocol TCP
    real_server 192.0.2.21 80 {
        TCP_CHECK {
            connect_timeout 1
        }
    }
    real_server 192.0.2.22 80 {
        TCP_CHECK {
            connect_timeout 1
        }
    }
}
`;

/** A folder with secrets; the passwords differ behind the eighth character, and only notes say that real servers keep quiet about ARP. */
const files = {
  "lb1.conf": conf("lb1", 150, "geheim-0815"),
  "lb2.conf": conf("lb2", 100, "geheim-0xyz"),
  "services/web.conf": web,
  "chk.sh": "#!/bin/sh\ncurl -sf -u monitor:tops3cret https://127.0.0.1/ || exit 1\n. /etc/keepalived/lib/common.sh\n",
  "lib/common.sh": "TOKEN=ghp_abcdefghijklmnopqrst0123\n",
  "real-servers/sysctl.conf": "net.ipv4.conf.all.arp_ignore = 1\nnet.ipv4.conf.all.arp_announce = 2\n",
  "notes.txt": "the admin's password is hunter2\n",
  "haproxy.cfg": "listen stats\n  stats auth admin:hunter2\n",
};
const secrets = ["geheim-0", "tops3cret", "hunter2", "ghp_abc"];

/** The findings, without what names the folder. */
const findingsOf = (folder: Folder) => findingsAsJson(folder, lint(folder)).findings;

/** The folders with which lint is tested. */
const cases = join(import.meta.dirname, "../lint");
const lintCases = readdirSync(cases).flatMap((rule) => [`${rule}/found`, `${rule}/fine`]);

/** The archive of a folder, unpacked. */
async function unpacked(contents: Packed): Promise<{ path: string; names: string[] }> {
  const path = mkdtempSync(join(tmpdir(), "lvs-lab-test-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  writeFileSync(join(path, "x.tar.gz"), await archiveOf(contents));
  execFileSync("tar", ["-xzf", "x.tar.gz"], { cwd: path });
  const names = execFileSync("tar", ["-tzf", "x.tar.gz"], { cwd: path, encoding: "utf8" }).trim().split("\n");
  return { path: join(path, contents.name), names };
}

/** A directory of reports with the rehearsal of a folder, of which the crash failed. */
function reportsOf(folder: string, alter: (matrix: MatrixResult) => Partial<MatrixResult> = () => ({})): string {
  const directory = mkdtempSync(join(tmpdir(), "lvs-lab-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const matrix = { ...aMatrix(), folder };
  writeFileSync(join(directory, "matrix.json"), JSON.stringify({ ...matrix, ...alter(matrix) }));
  for (const { report } of matrix.cells) {
    const own = join(directory, dirname(report ?? ""));
    mkdirSync(own, { recursive: true });
    const run = aRun();
    const steps = run.steps.map((step) => ({ ...step, seen: "curl: monitor:tops3cret@ and geheim-0815" }));
    writeFileSync(join(own, "result.json"), JSON.stringify({ ...run, steps }));
    writeFileSync(join(own, "capture.pcap"), recorded);
  }
  return directory;
}

/** A folder whose files are older than the report. */
function folderOf(texts: Readonly<Record<string, string>>): string {
  const path = pathOf(texts);
  for (const file of Object.keys(texts)) utimesSync(join(path, file), 0, 0);
  return path;
}

describe("an archive", () => {
  it("has the files that the configurations use and what lint needs, without their secrets", async () => {
    const path = folderOf(files);
    const { path: root, names } = await unpacked(pack(readFolder(path)));
    expect(names.filter((name) => !name.endsWith("/"))).toEqual(
      [
        ...["README.md", "folder/chk.sh", "folder/lb1.conf", "folder/lb2.conf", "folder/lib/common.sh"],
        ...["folder/real-servers/sysctl.conf", "folder/services/web.conf", "lint.json", "versions.json"],
      ].map((name) => `folder-rehearsal/${name}`),
    );
    const all = execFileSync("grep", ["-r", "", root], { encoding: "utf8" });
    for (const secret of secrets) expect(all).not.toContain(secret);
    expect(statSync(join(root, "folder/chk.sh")).mode & 0o777).toBe(0o755);
    expect(statSync(join(root, "folder/lb1.conf")).mode & 0o777).toBe(0o644);
    // One secret, one placeholder.
    const [, option] = /--password (\w+)/.exec(readFileSync(join(root, "folder/lb1.conf"), "utf8")) ?? [];
    expect(readFileSync(join(root, "folder/chk.sh"), "utf8")).toContain(`-u monitor:${option} `);
  });

  it("is read by lint with the findings of the folder itself", async () => {
    const path = folderOf(files);
    const own = findingsOf(readFolder(path));
    expect(own.map(({ rule }) => rule)).toContain("password-too-long");
    expect(own.map(({ rule }) => rule)).not.toContain("nobody-quiet-about-arp");
    const { path: root } = await unpacked(pack(readFolder(path)));
    expect(findingsOf(readFolder(join(root, "folder")))).toEqual(own);
    expect(JSON.parse(readFileSync(join(root, "lint.json"), "utf8"))).toMatchObject({
      folder: "folder",
      findings: own,
    });
  });

  it.each(lintCases)("of lint's case %s has the same findings", (name) => {
    const folder = readFolder(join(cases, name));
    const scratch = mkdtempSync(join(tmpdir(), "lvs-lab-test-"));
    onTestFinished(() => rmSync(scratch, { recursive: true }));
    const { files: inside, doubts } = pack(folder);
    writeTree(scratch, inside);
    expect(findingsOf(readFolder(join(scratch, name.split("/").at(-1) ?? "")))).toEqual(findingsOf(folder));
    expect(doubts.filter(({ why }) => why.startsWith("lint"))).toEqual([]);
  });

  it("is the same to the byte from the same files, wherever they are", async () => {
    const [one, other] = await Promise.all(
      [folderOf(files), folderOf(files)].map(async (path) => await archiveOf(pack(readFolder(path)))),
    );
    expect(one?.equals(other as Buffer)).toBe(true);
  });

  it("has the cells that failed, with their results and captures, and how to see them again", async () => {
    const path = folderOf({ ...files, "lb1.conf": conf("lb1", 150, "1111"), "lb2.conf": conf("lb2", 100, "1111") });
    const directory = reportsOf(path);
    const report = await lastReportIn(directory, [path]);
    if (typeof report === "string") throw new Error(report);
    const { rehearsed } = report as { readonly rehearsed: MatrixResult };
    const contents = pack(readFolder(path), report);
    const { path: root } = await unpacked(contents);
    const [failed] = rehearsed.cells.filter(({ passed }) => !passed);
    const run = join(root, "runs", dirname(failed?.report ?? ""));
    expect(readdirSync(join(root, "runs"))).toEqual([dirname(failed?.report ?? "")]);
    const [, password] = /auth_pass (\w+)/.exec(readFileSync(join(root, "folder/lb1.conf"), "utf8")) ?? [];
    expect(passwordsIn(readFileSync(join(run, "capture.pcap")))).toEqual([password]);
    const result = readFileSync(join(run, "result.json"), "utf8");
    expect(result).not.toContain("tops3cret");
    expect(JSON.parse(result).windows).toEqual(aRun().windows);
    const matrix = JSON.parse(readFileSync(join(root, "matrix.json"), "utf8"));
    expect(matrix).toMatchObject({ format: "lvs-lab rehearsal", folder: "folder", versions: rehearsed.versions });
    // Of the cell that passed, the row alone is in it.
    expect(matrix.cells.map((cell: MatrixCell) => cell.report)).toEqual([join("runs", failed?.report ?? ""), null]);
    const pages = [readFileSync(join(root, "matrix.html"), "utf8"), readFileSync(join(run, "report.html"), "utf8")];
    for (const page of pages) {
      expect(page).not.toContain("tops3cret");
      expect(page.match(/"durationMs":/g)).toHaveLength(1);
    }
    expect(pages[0]).toContain(`href="runs/${failed?.report}"`);
    const readme = readFileSync(join(root, "README.md"), "utf8");
    expect(readme).toContain(`npx lvs-lab rehearse folder --only ${failed?.event}`);
    expect(readme).toContain("- expected: an outage of 2805 to 3805 ms, up to 500 ms more accepted");
    expect(readme).toContain(`- failed: ${failed?.failures[0]}`);
    expect(readme).toContain("- lb1: keepalived 2.2.7 (01/16,2022) (package 1:2.2.7-1+b2)");
    expect(readme).not.toMatch(/undefined|NaN|\[object/);
    expect(contents.doubts).toEqual([]);
  });

  it("has of a cell whose run did not come to its end the reason", async () => {
    const path = folderOf(files);
    const directory = reportsOf(path, ({ cells: [first, ...others] }) => ({
      cells: [{ ...(first as MatrixCell), measured: false, failures: ["ssh lb1: tops3cret"], report: null }, ...others],
    }));
    const contents = pack(readFolder(path), await lastReportIn(directory, [path]));
    expect([...contents.files.keys()].filter((name) => name.startsWith("runs/"))).toEqual([]);
    const readme = String(contents.files.get("README.md")?.content);
    expect(readme).toMatch(/### crash, .*\n\n- not measured: ssh lb1: hidden\w+\n/);
    expect(readme).not.toContain("- expected:");
    expect(contents.doubts).toEqual([]);
  });

  it("has mail addresses that belong to nobody, and lint finds the same", async () => {
    const mails = `global_defs {
    notification_email {
        joe@corp.invalid.net
        ops@mailhost
        root@localhost
    }
    notification_email_from vrrp@corp.invalid.net
    smtp_server 192.0.2.25
    smtp_alert
}
`;
    const path = folderOf({
      ...files,
      "lb1.conf": mails + conf("lb1", 150, "1111"),
      "chk.sh": "#!/bin/sh\nmail -s down joe@corp.invalid.net,ops@mailhost </dev/null\nexit 0\n",
    });
    const { files: inside, replaced } = pack(readFolder(path));
    const lb1 = String(inside.get("folder/lb1.conf")?.content);
    const addresses = lb1.match(/\S+@\S+/g) ?? [];
    expect(addresses).toEqual([
      ...Array(2).fill(expect.stringMatching(/^hidden\w\w@example\.org$/)),
      "root@localhost",
      expect.any(String),
    ]);
    expect(new Set(addresses).size).toBe(4);
    expect(String(inside.get("folder/chk.sh")?.content)).toContain(`mail -s down ${addresses[0]},${addresses[1]} <`);
    expect(replaced.filter(({ kind }) => kind === "mail address").map(({ file, at }) => `${file}:${at}`)).toEqual([
      ...["folder/chk.sh:2", "folder/chk.sh:2", "folder/lb1.conf:3", "folder/lb1.conf:4", "folder/lb1.conf:7"],
    ]);
  });

  it("says what it lacks: a capture that is none, a result that is gone, files that are newer than the report", async () => {
    const path = folderOf(files);
    const directory = reportsOf(path, ({ cells }) => ({ cells: cells.map((cell) => ({ ...cell, passed: false })) }));
    const [first, second] = readdirSync(directory).filter((name) => name !== "matrix.json");
    writeFileSync(join(directory, first ?? "", "capture.pcap"), "none of pcap's dumps");
    rmSync(join(directory, second ?? "", "result.json"));
    utimesSync(join(path, "chk.sh"), new Date(), new Date());
    const report = await lastReportIn(directory, [path]);
    const { doubts, files: inside } = pack(readFolder(path), report);
    expect(doubts.map(({ file, why }) => `${file}: ${why}`)).toEqual([
      expect.stringMatching(/capture\.pcap: left out: this is no dump/),
      expect.stringMatching(/its result\.json is not there/),
      "folder/chk.sh: it was changed after the rehearsal that is in the archive",
    ]);
    expect([...inside.keys()].filter((name) => name.endsWith(".pcap"))).toEqual([]);
  });

  it("has of a file that is no text its name alone", () => {
    const path = folderOf({ ...files, "chk.sh": "\u007fELF\0\0" });
    const { files: inside, doubts } = pack(readFolder(path));
    expect(inside.get("folder/chk.sh")?.content).toBe("(this file is no text, and was left out)\n");
    expect(doubts.map(({ file, why }) => `${file}: ${why}`)).toContain(
      "folder/chk.sh: it is no text; its name is in the archive, its content is not",
    );
  });
});

describe("an archive of a roll-out", () => {
  /** Two folders of one name, and a directory of reports with the roll-out of one in the other's place. */
  function rolledOut(alter: Partial<RollOutResult> = {}): { folders: [string, string]; directory: string } {
    const older = folderOf({ ...files, "lb1.conf": conf("lb1", 150, "1111"), "lb2.conf": conf("lb2", 100, "1111") });
    const newer = folderOf({
      ...files,
      "lb1.conf": conf("lb1", 90, "1111"),
      "lb2.conf": conf("lb2", 100, "geheim-0815"),
    });
    const directory = reportsOf("/srv/other", () => ({ startedAt: "2026-01-01T00:00:00.000Z" }));
    const [report = ""] = aMatrix().cells.flatMap(({ report: page }) => page ?? []);
    const rollOut: RollOutResult = {
      ...{ format: "lvs-lab roll-out", version: 1, from: older, to: newer, stack: "rehearse-folder" },
      ...{ startedAt: "2026-01-02T00:00:00.000Z", finished: true, passed: false, versions: aMatrix().versions },
      service: "192.0.2.100:80",
      reloads: [
        aReload({ director: "lb2" }),
        aReload({ director: "lb1", passed: false, outageMs: 640, lost: 12, failures: ["failed requests: 12"] }),
      ],
      report,
      ...alter,
    };
    writeFileSync(join(directory, "roll-out.json"), JSON.stringify(rollOut));
    return { folders: [older, newer], directory };
  }
  const aReload = (row: Partial<ReloadRow>): ReloadRow => ({
    ...{ director: "lb1", passed: true, lost: 0, outageMs: null, broken: 0, open: 2, failures: [] },
    held: [{ address: toIp("192.0.2.100"), before: ["lb1"], after: ["lb1"], elected: ["lb1"] }],
    ...row,
  });

  it("has both folders, what lint finds in each, the run, and how to see it again", async () => {
    const { folders, directory } = rolledOut();
    const contents = packed(folders.map(readFolder), await lastReportIn(directory, folders), bundle);
    const { path: root } = await unpacked(contents);
    expect(contents.name).toBe("folder-new-roll-out");
    const all = execFileSync("grep", ["-r", "", root], { encoding: "utf8" });
    expect(["geheim", "tops3cret", "hunter2", "ghp_abc"].filter((secret) => all.includes(secret))).toEqual([]);
    for (const [index, own] of ["folder-old", "folder-new"].entries()) {
      const findings = findingsOf(readFolder(folders[index] ?? ""));
      expect(findingsOf(readFolder(join(root, own)))).toEqual(findings);
      expect(JSON.parse(readFileSync(join(root, `lint-${own}.json`), "utf8"))).toMatchObject({ folder: own, findings });
    }
    // One secret has one placeholder in both.
    const passwordOf = (own: string, file: string) =>
      /auth_pass (\w+)/.exec(readFileSync(join(root, own, file), "utf8"))?.[1];
    expect(passwordOf("folder-new", "lb1.conf")).toBe(passwordOf("folder-old", "lb1.conf"));
    expect(passwordOf("folder-new", "lb2.conf")).not.toBe(passwordOf("folder-old", "lb2.conf"));
    expect(contents.replaced.map(({ file }) => file)).toEqual(
      expect.arrayContaining(["folder-old/lb1.conf", "folder-new/lb1.conf"]),
    );
    const rollOut = JSON.parse(readFileSync(join(root, "roll-out.json"), "utf8"));
    expect(rollOut).toMatchObject({ from: "folder-old", to: "folder-new" });
    expect(readdirSync(join(root, dirname(rollOut.report))).sort()).toEqual([
      ...["capture.pcap", "report.html", "result.json"],
    ]);
    const readme = readFileSync(join(root, "README.md"), "utf8");
    expect(readme).toContain("npx lvs-lab rehearse --from folder-old --to folder-new\n");
    expect(readme).toContain("2 reloads, of which 1 failed.");
    expect(readme).toContain("### lb1, failed\n\n- outage 640 ms; 12 requests lost; 0 of 2 open connections broken\n");
    expect(readme).toContain("- 192.0.2.100 was held by lb1 before, by lb1 after;");
    expect(readme).not.toMatch(/undefined|NaN|\[object/);
    expect(contents.doubts).toEqual([]);
  });

  it("has no run of one that passed, and says of one that did not come to its end that it did not", async () => {
    const readmeOf = async (alter: Partial<RollOutResult>) => {
      const { folders, directory } = rolledOut(alter);
      const { files: inside } = packed(folders.map(readFolder), await lastReportIn(directory, folders), bundle);
      expect([...inside.keys()].filter((name) => name.startsWith("runs/"))).toEqual([]);
      return String(inside.get("README.md")?.content);
    };
    expect(await readmeOf({ passed: true, reloads: [aReload({})] })).toContain("1 reload, and all passed.\n");
    const killed = await readmeOf({ finished: false, reloads: [], report: null });
    expect(killed).toContain("The rehearsal did not come to its end.");
  });

  it("is of the last rehearsal where that was a roll-out, and never of other folders", async () => {
    const { folders, directory } = rolledOut();
    expect(await lastRehearsalIn(directory)).toMatchObject({ from: folders[0] });
    expect(await lastReportIn(directory, [folders[0], "/srv/other"])).toBe(
      `${directory}/roll-out.json is of other folders, ${folders.join(" and ")}: no run is in the archive`,
    );
    const earlier = rolledOut({ startedAt: "2025-01-01T00:00:00.000Z" });
    expect(await lastRehearsalIn(earlier.directory)).toMatchObject({ folder: "/srv/other" });
  });
});

describe("the last report", () => {
  it("is that of the folder, in this version's format, or a reason why there is none", async () => {
    const path = pathOf({ "lb1.conf": web });
    const empty = mkdtempSync(join(tmpdir(), "lvs-lab-test-"));
    onTestFinished(() => rmSync(empty, { recursive: true }));
    expect(await lastReportIn(empty, [path])).toBe(`${empty}/matrix.json is not there: no run is in the archive`);
    const other = reportsOf("/srv/other");
    expect(await lastReportIn(other, [path])).toBe(
      `${other}/matrix.json is of another folder, /srv/other: no run is in the archive`,
    );
    const newer = reportsOf(path, () => ({ version: 2 as 1 }));
    expect(await lastReportIn(newer, [path])).toMatch(/is no report of this version of lvs-lab/);
    writeFileSync(join(newer, "matrix.json"), "{");
    expect(await lastReportIn(newer, [path])).toMatch(/is no report of this version of lvs-lab/);
    expect(await lastRehearsalIn(other)).toMatchObject({ folder: "/srv/other" });
  });
});

test("what is printed names files, kinds and lines, and no secret", () => {
  const path = folderOf({ ...files, "chk.sh": `${files["chk.sh"]}# the password is known to Joe\n` });
  const printed = formatPacked(pack(readFolder(path)), {
    ...{ file: "x.tar.gz", bytes: 2345, noReport: "reports/matrix.json is not there" },
  });
  expect(printed.split("\n")).toEqual([
    "x.tar.gz: 9 files, 3 kB",
    ...["README.md", "folder/chk.sh", "folder/lb1.conf", "folder/lb2.conf", "folder/lib/common.sh"].map(
      (name) => `  folder-rehearsal/${name}`,
    ),
    ...["folder/real-servers/sysctl.conf", "folder/services/web.conf", "lint.json", "versions.json"].map(
      (name) => `  folder-rehearsal/${name}`,
    ),
    "reports/matrix.json is not there",
    "replaced: password 3 times, auth_pass 2 times, password or token 1 time",
    "  password: folder/chk.sh:2",
    "  password: folder/lb1.conf:7",
    "  password: folder/lb2.conf:7",
    "  auth_pass: folder/lb1.conf:18",
    "  auth_pass: folder/lb2.conf:18",
    "  password or token: folder/lib/common.sh:1",
    "not sure:",
    "  folder/chk.sh:4: it says `password`, and nothing was replaced",
    "Look at the files before you post them: IP addresses, names of hosts and comments are as they were.",
  ]);
});
