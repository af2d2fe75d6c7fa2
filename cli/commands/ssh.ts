import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { openHost, SEGMENT } from "../../provision/host/reach.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { liveLab } from "../live-lab.ts";
import { type StackOptions, stackOption } from "../options.ts";

export const ssh = (program: Command): void => {
  program
    .command("ssh")
    .description("log in to a server, or run a command on it")
    .addOption(stackOption())
    .argument("<server>", "its name in the lab file")
    .argument("[command...]", "run this instead of a shell; its exit status is passed on")
    .passThroughOptions()
    .action(async (name: string, words: string[], { stack }: StackOptions) => {
      const live = await liveLab(stack);
      const server = live.servers.find((one) => one.name === name);
      if (!server)
        throw new CliError(
          `the lab has no server "${name}"; it has ${live.servers.map((one) => one.name).join(", ")}`,
          exitStatus.configuration,
        );
      // OpenSSH rather than our own client: a student's terminal, signals and escapes are its business. It runs on the segment itself, and
      // its key lies in the lab's directory alone.
      const keys = await mkdtemp(join(live.host.directory, "ssh-"));
      try {
        await writeFile(join(keys, "identity"), server.privateKey, { mode: 0o600 });
        await writeFile(join(keys, "known_hosts"), `${name} ${server.hostKey}\n`);
        const options = {
          HostKeyAlias: name,
          HostName: server.address,
          UserKnownHostsFile: join(keys, "known_hosts"),
          GlobalKnownHostsFile: "none",
          IdentityFile: join(keys, "identity"),
          IdentitiesOnly: "yes",
          StrictHostKeyChecking: "yes",
          LogLevel: "ERROR",
        };
        const args = ["-F", "none", ...Object.entries(options).flatMap(([key, value]) => ["-o", `${key}=${value}`])];
        const child = openHost(live.host).spawn(SEGMENT, ["ssh", ...args, `root@${name}`, ...words], {
          stdio: "inherit",
        });
        process.exitCode = await new Promise((resolve, reject) => {
          child.once("error", reject);
          child.once("close", (code) => resolve(code ?? exitStatus.internal));
        });
      } finally {
        await rm(keys, { recursive: true });
      }
    });
};
