import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { $ } from "zx";
import { onPath } from "../../../../bench/harness/on-path.ts";
import { sshConfig } from "../../../../provision/ssh/index.ts";
import { anotherKey, startSshServer } from "./ssh-server.ts";

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "lvs-lab-config-"));
});
afterEach(() => rm(scratch, { recursive: true }));

const files = { identity: "/lab/ssh/identity", knownHosts: "/lab/ssh/known_hosts" };

describe.skipIf(!onPath("ssh"))("OpenSSH, given the configuration,", () => {
  it("logs in through the proxy command, also where paths need quoting", async () => {
    const { ref, port } = await startSshServer();
    const directory = join(scratch, "it's 50%h of $HOME; ~ #1");
    await mkdir(directory);
    const at = { identity: join(directory, "identity"), knownHosts: join(directory, "known_hosts") };
    await writeFile(at.identity, ref.privateKey, { mode: 0o600 });
    await writeFile(at.knownHosts, `${ref.name} ${ref.hostKey}\n`);
    // What leads there: a program in that folder, which takes the port as its argument.
    const program = join(directory, "connect.mjs");
    await writeFile(
      program,
      `import { connect } from "node:net";
       const socket = connect(Number(process.argv[2]), "127.0.0.1");
       process.stdin.pipe(socket).pipe(process.stdout);`,
    );
    const proxyCommand = [process.execPath, program, String(port)];
    const config = join(directory, "config");
    await writeFile(config, sshConfig([{ name: "server1.ha", keyAlias: ref.name, proxyCommand }], at));
    const asked = await $({ quiet: true })`ssh -F ${config} server1.ha ${"echo 'as asked'"}`;
    expect(asked.stdout).toBe("as asked\n");

    await writeFile(at.knownHosts, `${ref.name} ${anotherKey.publicKey}\n`);
    const refused = await $({ quiet: true, nothrow: true })`ssh -F ${config} server1.ha true`;
    expect(refused.exitCode).toBe(255);
    expect(refused.stderr).toContain("Host key verification failed");
  });

  it("asks nothing of a host that is not in it, so that it can be included in a user's own", async () => {
    const config = join(scratch, "config");
    const including = join(scratch, "including");
    await writeFile(config, sshConfig([{ name: "server1.ha", keyAlias: "server1", proxyCommand: ["true"] }], files));
    await writeFile(including, `Include ${config}\n`);
    const settings = (name: string) => execFileSync("ssh", ["-G", "-T", "-F", including, name], { encoding: "utf8" });
    expect(settings("server1.ha")).toContain("proxycommand true\n");
    expect(settings("server1.ha")).toContain(`identityfile ${files.identity}\n`);
    expect(settings("server1")).not.toContain("proxycommand");
    expect(settings("server1")).not.toContain(files.identity);
  });
});

it.each(['a"b', "a\\b", "a${HOME}b", "a\nb"])("a path that the format cannot hold, %j, is an error", (path) => {
  const host = { name: "server1", keyAlias: "server1", proxyCommand: ["true"] };
  expect(() => sshConfig([host], { ...files, identity: path })).toThrow("ssh_config(5) cannot name");
});

it("a command with a line break is an error", () => {
  const host = { name: "server1", keyAlias: "server1", proxyCommand: ["echo", "a\nb"] };
  expect(() => sshConfig([host], files)).toThrow("ssh_config(5) cannot run");
});
