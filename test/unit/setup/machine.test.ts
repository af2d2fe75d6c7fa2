import { describe, expect, it, test } from "vitest";
import {
  distribution,
  machineFindings,
  nodeFindings,
  pathFindings,
  subordinateIds,
  systemFindings,
} from "../../../setup/steps/machine.mjs";

const problems = (findings: { problem: string }[]) => findings.map(({ problem }) => problem).join("\n");

test("this machine has all that the lab wants", () => {
  expect(problems(machineFindings().filter(({ level }) => level === "error"))).toBe("");
});

describe("Node", () => {
  it("is new enough from 20.19 on", () => {
    for (const version of ["20.19.0", "22.1.0", "24.0.0"]) expect(nodeFindings(version)).toEqual([]);
    for (const version of ["20.18.3", "18.20.0"])
      expect(problems(nodeFindings(version))).toContain(`Node 20.19 or newer is needed, this is ${version}.`);
  });
});

test("another system is refused", () => {
  expect(systemFindings("linux x64")).toEqual([]);
  expect(problems(systemFindings("darwin arm64"))).toContain("this is darwin arm64");
});

test.each([
  ['ID="debian"\n', "debian"],
  ["ID=ubuntu\nID_LIKE=debian\n", "debian"],
  ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', "debian"],
  ["ID=fedora\n", "fedora"],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', "fedora"],
  ["ID=arch\n", "arch"],
  ["ID=nixos\n", "other"],
  ["", "other"],
])("%j is of the family %s", (text, family) => {
  expect(distribution(text)).toBe(family);
});

describe("subordinate IDs", () => {
  const alice = { username: "alice", uid: 1000 };
  it("are the user's own range, by name or by number", () => {
    expect(subordinateIds("bob:1:70000\nalice:165536:65536\n", alice)).toBe(65536);
    expect(subordinateIds("1000:165536:65536\n", alice)).toBe(65536);
  });
  it("are none where the user has no line", () => {
    expect(subordinateIds("bob:100000:65536\nalicent:1:65536\n", alice)).toBe(0);
    expect(subordinateIds("", alice)).toBe(0);
  });
});

describe("the state directory", () => {
  it.each(["/home/alice/.local/state/lvs-lab", "/tmp/lvs-test-1", "/srv/labs_2"])("may be %s", (path) => {
    expect(pathFindings(path)).toEqual([]);
  });
  it.each(["/srv/my labs", "/srv/100%", "/home/zoë/labs", "/srv/a;b", "/srv/a'b", '/srv/a"b', "/srv/a&b", "/srv/a:b"])(
    "may not be %s",
    (path) => {
      expect(problems(pathFindings(path))).toContain("has a character that libvirt, QEMU and nginx do not all take");
      expect(pathFindings(path)[0]?.fix).toContain("LVS_LAB_STATE");
    },
  );
  it("is absolute and not too deep for a socket", () => {
    expect(problems(pathFindings("labs"))).toContain("not an absolute path");
    expect(problems(pathFindings(`/${"d".repeat(60)}`))).toContain("the limit is 107");
  });
});
