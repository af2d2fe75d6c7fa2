import type { Command } from "commander";
import { type LabHost, openHost, SEGMENT } from "../../provision/host/reach.ts";
import { domainOf, domainState, serversIn, virshCommand } from "../../provision/host/virsh.ts";
import { endOf } from "../at-terminal.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { labPlace } from "../lab-directory.ts";
import { type StackOptions, stackOption } from "../options.ts";

export const serialConsole = (program: Command): void => {
  program
    .command("console")
    .description("open a server's serial console, which works when SSH does not")
    .addOption(stackOption())
    .argument("<server>", "name in the lab file")
    .action(async (server: string, { stack }: StackOptions) => {
      if (!process.stdin.isTTY || !process.stdout.isTTY)
        throw new CliError(
          `a console needs a terminal for input and output. Fix: run it in a terminal; \`npx lvs-lab logs -s ${stack} ${server} --console\` prints the console's output`,
          exitStatus.configuration,
        );
      const host = openHost((await labPlace(stack)).host);
      await mustRun(host, server, stack);
      console.error(
        `The serial console of ${server}. Press Enter for the login: root, no password. Ctrl-] leaves the console.`,
      );
      process.exitCode = await endOf(
        host.spawn(SEGMENT, virshCommand(host, "console", await domainOf(host, server)), { stdio: "inherit" }),
      );
    });
};

/** @throws CliError unless libvirt has the server and it runs */
async function mustRun(host: LabHost, server: string, stack: string): Promise<void> {
  const names = await serversIn(host);
  if (!names.includes(server))
    throw new CliError(
      `the lab has no server "${server}"; it has ${names.join(", ") || "none"}`,
      exitStatus.configuration,
    );
  const state = await domainState(host, server);
  if (state !== "running")
    throw new CliError(`${server} does not run: it is ${state ?? "not defined"}. Fix: \`npm run up -- -s ${stack}\``);
}
