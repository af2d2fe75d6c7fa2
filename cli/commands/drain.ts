import type { Command } from "commander";
import {
  connectionsLeft,
  type Destination,
  drain as drainServer,
  undrain as undrainServer,
} from "../../verify/live/drain.ts";
import { View } from "../../verify/live/view.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { liveLab } from "../live-lab.ts";
import { type StackOptions, seconds, stackOption } from "../options.ts";
import { holdingStack } from "../stack-lock.ts";

export const drain = (program: Command): void => {
  program
    .command("drain")
    .description(
      "send a real server no new connections: weight 0 on every director; `lvs-lab undrain` gives the weight back",
    )
    .addOption(stackOption())
    .argument("<server>", "name in the lab file")
    .option(
      "--wait <seconds>",
      "wait until its connections have ended, at most so long; exit status 1 if some have not",
      seconds,
    )
    .action(async (server: string, { stack, wait }: StackOptions & { wait?: number }) => {
      await holdingStack(stack, async () => {
        const view = new View(await liveLab(stack));
        const { changed, unreachable } = await drainServer(view, server);
        console.log(changed.length === 0 ? `${server} has weight 0 already` : inWords(changed, () => 0));
        for (const one of new Set(changed.filter(({ hasOthers }) => !hasOthers).map(({ service }) => nameOf(service))))
          console.error(`${one} has no other real server with a weight: new connections are refused`);
        tell(unreachable);
        const left = await connectionsLeft(view, server, wait ?? 0);
        console.log(
          left === 0 ? "no connection is left" : `${left} ${left === 1 ? "connection goes" : "connections go"} on`,
        );
        if (wait !== undefined && left > 0)
          throw new CliError(`after ${wait} s, ${left} connections to ${server} have not ended`, exitStatus.failed);
      });
    });
};

export const undrain = (program: Command): void => {
  program
    .command("undrain")
    .description("give a drained real server its weight back")
    .addOption(stackOption())
    .argument("<server>", "name in the lab file")
    .action(async (server: string, { stack }: StackOptions) => {
      await holdingStack(stack, async () => {
        const { changed, unreachable } = await undrainServer(new View(await liveLab(stack)), server);
        console.log(
          changed.length === 0
            ? `${server} had a weight again: keepalived or \`up\` has given it back`
            : inWords(changed, ({ restored }) => restored),
        );
        tell(unreachable);
      });
    });
};

const nameOf = (service: string): string =>
  service.replace("-t ", "TCP ").replace("-u ", "UDP ").replace("-f ", "FWM ");

const inWords = <D extends Destination>(changed: readonly D[], weight: (one: D) => number): string =>
  changed
    .map((one) => `${one.director}: ${nameOf(one.service)} -> ${one.address} weight ${one.weight} -> ${weight(one)}`)
    .join("\n");

function tell(unreachable: readonly string[]): void {
  if (unreachable.length > 0) console.error(`${unreachable.join(" and ")} did not answer: unchanged there`);
}
