import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect, it } from "vitest";
import { differences } from "../../../../provision/resource.ts";
import { ownKeepalived } from "../../../../provision/roles/own-keepalived.ts";
import { aRoot } from "./a-root.ts";

/** A director of which only the files are there: below a directory of its own, for which /etc and /opt stand in what is run and printed. */
async function aDirector(files: Readonly<Record<string, string>> = {}) {
  const { ref, at, program } = await aRoot();
  const systemctl = at("systemctl.log");
  program(
    "dpkg-query",
    `[ "$*" = "--listfiles keepalived" ] && echo "/.\n${at("/etc/keepalived/keepalived.config-opts")}"`,
  );
  program("systemctl", `echo "$*" >>${systemctl}\ncase $1 in show) echo ActiveState=active ;; esac`);
  const enabled = "/etc/systemd/system/multi-user.target.wants/keepalived.service";
  for (const [path, text] of Object.entries({ "/etc/default/keepalived": "", [enabled]: "", ...files })) {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
  }
  return {
    ref,
    at,
    program,
    systemctl: () => (existsSync(systemctl) ? readFileSync(systemctl, "utf8").trim().split("\n") : []),
  };
}

/** What no string of UTF-8 holds. */
const program = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0xff, 0xdf, 0x0d, 0x0a, 0, 0x0a]);

const wanted = {
  files: {
    "/etc/keepalived/keepalived.conf": { text: "a \"$b\" 'c' \\d\n\ttab\n", executable: false },
    "/etc/keepalived/d/empty.conf": { text: "", executable: false },
    "/opt/lb/check.sh": { text: "#!/bin/sh\n", executable: true },
    "/opt/lb/program": { text: program.toString("base64"), base64: true as const, executable: true },
  },
  configId: "LB_1.example",
  ...{ others: [], users: [], groups: [], running: true as const, enabled: true as const },
};
const properties = Object.keys(wanted) as (keyof typeof wanted)[];

it("files are put where they belong, as they are, and are then seen so", async () => {
  const { ref, at, systemctl } = await aDirector();
  const inputs = { server: ref, ...wanted };
  const before = await ownKeepalived.observe(inputs, () => {});
  expect(differences(properties, wanted, before).map(({ property }) => property)).toEqual(["files", "configId"]);
  expect(before?.files).toEqual({});

  await ownKeepalived.apply(inputs, before, () => {});
  expect(readFileSync(at("/etc/keepalived/keepalived.conf"), "utf8")).toBe("a \"$b\" 'c' \\d\n\ttab\n");
  expect(readFileSync(at("/etc/default/keepalived"), "utf8")).toBe('DAEMON_ARGS="--config-id=LB_1.example"\n');
  expect(readFileSync(at("/opt/lb/program"))).toEqual(program);
  expect(statSync(at("/opt/lb/check.sh")).mode & 0o777).toBe(0o755);
  expect(statSync(at("/etc/keepalived/keepalived.conf")).mode & 0o777).toBe(0o644);
  expect(systemctl()).toContain("restart keepalived");
  expect(differences(properties, wanted, await ownKeepalived.observe(inputs, () => {}))).toEqual([]);
});

it("files with which keepalived does not start are told in its own words", async () => {
  const { ref, program } = await aDirector();
  program("systemctl", "[ $1 != restart ] || { echo Job for keepalived.service failed. >&2; exit 1; }");
  program("keepalived", `echo "$* says: the virtual router id must be set" >&2; exit 5`);
  await expect(ownKeepalived.apply({ server: ref, ...wanted }, undefined, () => {})).rejects.toThrow(
    "--config-test --config-id=LB_1.example says: the virtual router id must be set",
  );
});

it("what has changed on the director is seen, and mended", async () => {
  const { ref, at } = await aDirector();
  const inputs = { server: ref, ...wanted };
  await ownKeepalived.apply(inputs, undefined, () => {});
  writeFileSync(at("/etc/keepalived/keepalived.conf"), "changed\n");
  chmodSync(at("/opt/lb/check.sh"), 0o644);
  rmSync(at("/etc/keepalived/d/empty.conf"));
  writeFileSync(at("/etc/keepalived/old.conf"), "old\n");
  writeFileSync(at("/etc/keepalived/keepalived.config-opts"), "the package's\n");
  writeFileSync(at("/opt/lb/program"), "text\n");
  const seen = await ownKeepalived.observe(inputs, () => {});
  expect(seen?.files).toEqual({
    "/etc/keepalived/keepalived.conf": { text: "changed\n", executable: false },
    "/opt/lb/check.sh": { text: "#!/bin/sh\n", executable: false },
    "/opt/lb/program": { text: "dGV4dAo=", base64: true, executable: true },
  });
  expect(seen?.others).toEqual(["/etc/keepalived/old.conf"]);

  await ownKeepalived.apply(inputs, seen, () => {});
  expect(existsSync(at("/etc/keepalived/old.conf"))).toBe(false);
  expect(existsSync(at("/etc/keepalived/keepalived.config-opts"))).toBe(true);
  expect(differences(properties, wanted, await ownKeepalived.observe(inputs, () => {}))).toEqual([]);
});

it("users and groups as whom it runs scripts are made where they are not there, and seen", async () => {
  const { ref, at } = await aDirector();
  const want = { ...wanted, users: ["web", "checks"], groups: ["ops", "web"] };
  const inputs = { server: ref, ...want };
  const before = await ownKeepalived.observe(inputs, () => {});
  expect([before?.users, before?.groups]).toEqual([["web"], ["web"]]);
  await ownKeepalived.apply(inputs, before, () => {});
  expect(readFileSync(at("made"), "utf8").trim().split("\n")).toEqual([
    "--system ops",
    "--system checks",
    "--system --gid checks --comment lvs-lab --no-create-home --shell /usr/sbin/nologin checks",
  ]);
  expect(differences(properties, want, await ownKeepalived.observe(inputs, () => {}))).toEqual([]);

  // Those that it has made go with the wish for them, and no others.
  const less = { ...want, users: [] };
  const seen = await ownKeepalived.observe({ server: ref, ...less }, () => {});
  expect(seen?.users).toEqual(["checks"]);
  await ownKeepalived.apply({ server: ref, ...less }, seen, () => {});
  expect(readFileSync(at("passwd"), "utf8")).toBe("web:x:33:33:web:/:/bin/sh\n");
  expect(differences(properties, less, await ownKeepalived.observe({ server: ref, ...less }, () => {}))).toEqual([]);
});

it("options that somebody else wrote are no identifier", async () => {
  const { ref } = await aDirector({ "/etc/default/keepalived": 'DAEMON_ARGS="--snmp"\n' });
  expect((await ownKeepalived.observe({ server: ref, ...wanted }, () => {}))?.configId).toBe("");
});
