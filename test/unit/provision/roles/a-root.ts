import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NodeSSH } from "node-ssh";
import { onTestFinished, vi } from "vitest";
import { closeConnections } from "../../../../provision/ssh/index.ts";
import { startSshServer } from "../ssh/ssh-server.ts";

/**
 * A server of which only files are there: below a directory of its own, for which /etc and /opt stand in what is run and printed. Programs in that
 * directory come first. It goes when the test ends.
 */
export async function aRoot() {
  const root = mkdtempSync(join(tmpdir(), "lvs-lab-root-"));
  const at = (path: string): string => join(root, path);
  const program = (name: string, text: string): void =>
    writeFileSync(at(name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  program("sync", "true");
  // Its accounts: the files `passwd` and `group`, and what was asked of useradd(8) and groupadd(8), `made`.
  for (const [database, adds] of [
    ["passwd", "useradd"],
    ["group", "groupadd"],
  ] as const) {
    writeFileSync(at(database), "web:x:33:33:web:/:/bin/sh\n");
    program(
      adds,
      `for name; do :; done; echo "$name:x:900:900:lvs-lab:/:" >>${at(database)}; echo "$*" >>${at("made")}`,
    );
  }
  program("userdel", `sed -i "/^$2:/d" ${at("passwd")}`);
  program("getent", `grep "^$2\\b" ${at(".")}/$1`);
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
  return { ref, at, program };
}
