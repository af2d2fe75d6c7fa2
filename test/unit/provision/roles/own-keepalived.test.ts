import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { NodeSSH } from "node-ssh";
import { expect, it, onTestFinished, vi } from "vitest";
import { differences } from "../../../../provision/resource.ts";
import { ownKeepalived } from "../../../../provision/roles/own-keepalived.ts";
import { closeConnections } from "../../../../provision/ssh/index.ts";
import { startSshServer } from "../ssh/ssh-server.ts";

/** A director of which only the files are there: below a directory of its own, for which /etc and /opt stand in what is run and printed. */
async function aDirector(files: Readonly<Record<string, string>> = {}) {
  const root = mkdtempSync(join(tmpdir(), "lvs-lab-root-"));
  const systemctl = join(root, "systemctl.log");
  writeFileSync(
    join(root, "systemctl"),
    `#!/bin/sh\necho "$*" >>${systemctl}\ncase $1 in is-active) echo active ;; is-enabled) echo enabled ;; esac\n`,
    { mode: 0o755 },
  );
  writeFileSync(join(root, "sync"), "#!/bin/sh\n", { mode: 0o755 });
  for (const [path, text] of Object.entries({ "/etc/default/keepalived": "", ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const { execCommand } = NodeSSH.prototype;
  const way = vi.spyOn(NodeSSH.prototype, "execCommand").mockImplementation(async function (
    this: NodeSSH,
    command,
    options = {},
  ) {
    return await execCommand.call(this, command.replace(/(?<![\w.])\/(?=(etc|opt)\b)/g, `${root}/`), {
      ...options,
      onStdout: (chunk) => options.onStdout?.(Buffer.from(chunk.toString().replaceAll(root, ""))),
    });
  });
  vi.stubEnv("PATH", `${root}:${process.env.PATH}`);
  onTestFinished(async () => {
    way.mockRestore();
    vi.unstubAllEnvs();
    await closeConnections();
    rmSync(root, { recursive: true });
  });
  const { ref } = await startSshServer();
  return {
    ref,
    at: (path: string) => join(root, path),
    systemctl: () => (existsSync(systemctl) ? readFileSync(systemctl, "utf8").trim().split("\n") : []),
  };
}

const wanted = {
  files: {
    "/etc/keepalived/keepalived.conf": { text: "a \"$b\" 'c' \\d\n\ttab\n", executable: false },
    "/etc/keepalived/d/empty.conf": { text: "", executable: false },
    "/opt/lb/check.sh": { text: "#!/bin/sh\n", executable: true },
  },
  configId: "LB_1.example",
  ...{ others: [], running: true as const, enabled: true as const },
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
  expect(statSync(at("/opt/lb/check.sh")).mode & 0o777).toBe(0o755);
  expect(statSync(at("/etc/keepalived/keepalived.conf")).mode & 0o777).toBe(0o644);
  expect(systemctl()).toContain("restart keepalived");
  expect(differences(properties, wanted, await ownKeepalived.observe(inputs, () => {}))).toEqual([]);
});

it("what has changed on the director is seen, and mended", async () => {
  const { ref, at } = await aDirector();
  const inputs = { server: ref, ...wanted };
  await ownKeepalived.apply(inputs, undefined, () => {});
  writeFileSync(at("/etc/keepalived/keepalived.conf"), "changed\n");
  chmodSync(at("/opt/lb/check.sh"), 0o644);
  rmSync(at("/etc/keepalived/d/empty.conf"));
  writeFileSync(at("/etc/keepalived/old.conf"), "old\n");
  const seen = await ownKeepalived.observe(inputs, () => {});
  expect(seen?.files).toEqual({
    "/etc/keepalived/keepalived.conf": { text: "changed\n", executable: false },
    "/opt/lb/check.sh": { text: "#!/bin/sh\n", executable: false },
  });
  expect(seen?.others).toEqual(["/etc/keepalived/old.conf"]);

  await ownKeepalived.apply(inputs, seen, () => {});
  expect(existsSync(at("/etc/keepalived/old.conf"))).toBe(false);
  expect(differences(properties, wanted, await ownKeepalived.observe(inputs, () => {}))).toEqual([]);
});

it("options that somebody else wrote are no identifier", async () => {
  const { ref } = await aDirector({ "/etc/default/keepalived": 'DAEMON_ARGS="--snmp"\n' });
  expect((await ownKeepalived.observe({ server: ref, ...wanted }, () => {}))?.configId).toBe("");
});
