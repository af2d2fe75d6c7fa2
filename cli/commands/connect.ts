import { spawn } from "node:child_process";
import { isIPv4 } from "node:net";
import { type Command, InvalidArgumentError } from "commander";
import { labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { openHost } from "../../provision/host/reach.ts";
import { endOf } from "../at-terminal.ts";
import { placeOnDisk } from "../lab-directory.ts";
import { liveLab, serverOf } from "../live-lab.ts";
import { type StackOptions, stackOption } from "../options.ts";

export const connect = (program: Command): void => {
  program
    .command("connect", { hidden: true })
    .description("connect standard input and output to a port of a server: the ProxyCommand of `lvs-lab ssh-config`")
    .addOption(stackOption())
    .argument("<server>", "name in the lab file, or IPv4 address, which needs no Pulumi")
    .argument("[port]", "TCP port", tcpPort, 22)
    .action(async (server: string, port: number, { stack }: StackOptions) => {
      const { host, address } = isIPv4(server)
        ? { ...placeOnDisk(stack), address: server }
        : await byName(stack, server);
      const [file = "", ...args] = await openHost(host).connectCommand(address, port);
      process.exitCode = await endOf(spawn(file, args, { stdio: "inherit", env: labEnvironment() }));
    });
};

async function byName(stack: string, name: string) {
  const live = await liveLab(stack);
  return { host: live.host, address: serverOf(live, name).address };
}

function tcpPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  throw new InvalidArgumentError("expected a TCP port, 1 to 65535.");
}
