import type { Class } from "../../class/class.ts";
import { closeConnections } from "../../provision/ssh/index.ts";
import { interruptible } from "../../verify/live/interruptible.ts";
import { ClassWatch } from "../../view/class-watch.ts";
import { LabWatch } from "../../view/lab-watch.ts";
import { viewPageFiles } from "../../view/page-files.ts";
import { serveView, type ViewServer } from "../../view/server.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { liveLabWithFile } from "../live-lab.ts";
import { commandAtWork } from "../stack-lock.ts";
import { defaultAtOnce, reasonOf } from "./each.ts";

export interface ViewOptions {
  readonly listen: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Seconds between two looks at a lab, at least. */
  readonly every: number;
  /** Is told the address, and what there is to know of it. */
  say(line: string): void;
  warn(line: string): void;
}

/** Serves the page of a class until a signal. */
export async function classView(all: Class, { listen, port, every, say, warn }: ViewOptions): Promise<void> {
  const watch = new ClassWatch(all, {
    labOf: (stack) => new LabWatch(stack, { open: liveLabWithFile, commandAtWork }),
    reasonOf,
    atOnce: all.labsAtOnce ?? defaultAtOnce(),
    everyMs: every * 1000,
  });
  await interruptible(async (signal) => {
    const server = await listening(listen, port, watch);
    try {
      say(server.url);
      if (!isLoopback(listen))
        warn(
          `Who can listen on the network can read the page and its token. Fix: leave out --listen, and reach the page by \`ssh -L\`; or use a network of your own.`,
        );
      warn("Ctrl-C ends it.");
      // Looks that run when the signal comes are not waited for.
      await watch.run(signal);
    } finally {
      await server.close();
    }
  });
  await closeConnections();
}

const isLoopback = (address: string): boolean =>
  address === "localhost" || address === "::1" || address.startsWith("127.");

/** @throws CliError if the port is taken, or the address is not this machine's */
async function listening(listen: string, port: number, watch: ClassWatch): Promise<ViewServer> {
  try {
    const page = await viewPageFiles();
    return await serveView({ listen, port, feed: watch.feed, page, lower: (key) => watch.lower(key) });
  } catch (error) {
    const reason = reasons[(error as NodeJS.ErrnoException).code ?? ""]?.(listen, port);
    if (reason === undefined) throw error;
    throw new CliError(reason, exitStatus.failed, { cause: error });
  }
}

const reasons: Readonly<Record<string, (listen: string, port: number) => string>> = {
  EADDRINUSE: (listen, port) =>
    `port ${port} of ${listen} is in use. Fix: leave out --port, which takes one that is free, or end what uses it: \`ss -ltnp 'sport = :${port}'\` shows it`,
  EACCES: (_, port) => `port ${port} is for root alone. Fix: choose one from 1024, or leave out --port`,
  EADDRNOTAVAIL: (listen) => `${listen} is no address of this machine. Fix: choose one that \`ip address\` shows`,
  ENOTFOUND: (listen) => `${listen} is no address, and no name that is known. Fix: give --listen an IP address`,
};
