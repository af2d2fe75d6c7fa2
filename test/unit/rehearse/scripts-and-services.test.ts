import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readFolder } from "../../../rehearse/folder.ts";
import { lint } from "../../../rehearse/lint/index.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lvs-lab-lint-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** @param mode its permissions */
function write(file: string, text: string, mode = 0o644): void {
  writeFileSync(join(folder, file), text);
  chmodSync(join(folder, file), mode);
}

const found = (rule: string) =>
  lint(readFolder(folder))
    .filter((finding) => finding.rule.id === rule)
    .map(({ at, level, message }) => ({ at: `${at.file}:${at.line}`, level, message }));

const script = (path: string) => `vrrp_script chk {\n    script "${path}"\n}\n`;

const service = (method: string, ...servers: string[]) => `virtual_server 192.0.2.1 80 {
    lvs_method ${method}
    protocol TCP
${servers.map((server) => `    real_server ${server} {\n        TCP_CHECK {\n        }\n    }\n`).join("")}}
`;

describe("script-cannot-run", () => {
  test("a first line that ends with a carriage return names no interpreter", () => {
    write("lb1.conf", script("/etc/keepalived/check.sh"));
    write("check.sh", "#!/bin/sh\r\nexit 1\r\n", 0o755);
    expect(found("script-cannot-run")).toEqual([
      expect.objectContaining({
        at: "check.sh:1",
        level: "error",
        message: expect.stringContaining("carriage return"),
      }),
    ]);
  });

  test("a folder in which no script is executable may have lost its permissions", () => {
    write("lb1.conf", script("/etc/keepalived/check.sh"));
    write("check.sh", "#!/bin/sh\nexit 1\n");
    expect(found("script-cannot-run")).toEqual([expect.objectContaining({ at: "lb1.conf:2", level: "note" })]);
  });
});

describe("nobody-quiet-about-arp", () => {
  test("a file that gives a real server the address, and nothing else, is a warning at its line", () => {
    write("lb1.conf", service("DR", "10.0.0.1 80"));
    write("real-server.sh", "#!/bin/sh\n# the address\nip addr add 192.0.2.1/32 dev lo\n", 0o755);
    expect(found("nobody-quiet-about-arp")).toEqual([
      expect.objectContaining({ at: "real-server.sh:3", level: "warning" }),
    ]);
  });

  test("NAT needs none", () => {
    write("lb1.conf", service("NAT", "10.0.0.1 80"));
    expect(found("nobody-quiet-about-arp")).toEqual([]);
  });
});

describe("inhibit-with-persistence", () => {
  test.each([
    ["net.ipv4.vs.expire_quiescent_template = 1", 0],
    ["echo 1 >/proc/sys/net/ipv4/vs/expire_quiescent_template", 0],
    ["# net.ipv4.vs.expire_quiescent_template = 1", 1],
    ["net.ipv4.vs.expire_quiescent_template = 0", 1],
  ])("beside %s", (line, findings) => {
    const text = service("NAT", "10.0.0.1 80", "10.0.0.2 80");
    write("lb1.conf", text.replace("protocol TCP", "protocol TCP\n    persistence_timeout 60\n    inhibit_on_failure"));
    write("further", `${line}\n`);
    expect(found("inhibit-with-persistence")).toHaveLength(findings);
  });
});

describe("real-servers-differ", () => {
  test("each director with one real server of its own is a note", () => {
    write("lb1.conf", service("DR", "10.0.0.1 80"));
    write("lb2.conf", service("DR", "10.0.0.2 80"));
    expect(found("real-servers-differ")).toEqual([expect.objectContaining({ at: "lb2.conf:4", level: "note" })]);
  });

  test("the textbook's slip: one server twice instead of another is found at both places", () => {
    write("server1.conf", service("DR", "172.25.254.12 80", "172.25.254.13 80"));
    write("server4.conf", service("DR", "172.25.254.12 80", "172.25.254.12 80"));
    expect(found("real-servers-differ")).toEqual([
      {
        at: "server4.conf:1",
        level: "error",
        message: "192.0.2.1 80 of server4 lacks 172.25.254.13 80, which server1 has",
      },
    ]);
    expect(found("real-server-twice").map(({ at }) => at)).toEqual(["server4.conf:8"]);
  });

  test("a weight that differs is a warning at the weight, with both numbers", () => {
    write("lb1.conf", service("NAT", "10.0.0.1 80"));
    write("lb2.conf", service("NAT", "10.0.0.1 80").replace("TCP_CHECK {", "weight 3\n        TCP_CHECK {"));
    expect(found("real-servers-differ")).toEqual([
      {
        at: "lb2.conf:5",
        level: "warning",
        message: "10.0.0.1 80 of 192.0.2.1 80 has weight 3 on lb2, weight 1 on lb1",
      },
    ]);
  });
});

test("check-slower-than-delay-loop tells when a server that hangs is removed", () => {
  write(
    "lb1.conf",
    service("NAT", "10.0.0.1 80").replace("protocol TCP", "protocol TCP\n    delay_loop 2\n    connect_timeout 10"),
  );
  // 2 s until the next check, two attempts of 10 s, 1 s between them.
  expect(found("check-slower-than-delay-loop")).toEqual([
    expect.objectContaining({ at: "lb1.conf:5", message: expect.stringContaining("removed after up to 23 s") }),
  ]);
});

test("a comment in a script allows what is found there", () => {
  write("lb1.conf", script("/etc/keepalived/check.sh"));
  write("check.sh", "#!/bin/sh\npidof nginx && echo 1 || echo 0 # lint: allow script-echoes\n", 0o755);
  expect(found("script-echoes")).toEqual([]);
});
