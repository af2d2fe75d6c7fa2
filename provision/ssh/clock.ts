import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { openHost } from "../host/reach.ts";
import { connectToRunning } from "./pool.ts";
import { command, patience, type ServerConnection, type ServerRef } from "./server.ts";

const WAITING = readFileSync(new URL("clock.pl", import.meta.url), "utf8");

/** A process on a server that waits for the time: clock.pl. It sets the clock once. */
export interface WaitingClock {
  /** TCP, on the server's management address. */
  readonly port: number;
  /** The process sets the clock for who knows this. */
  readonly token: string;
}

/** Starts a process on a server that waits a minute for the time; a snapshot that is taken meanwhile holds it. @throws Error if perl fails */
export async function startWaitingClock(ref: ServerRef): Promise<WaitingClock> {
  const server = await connectToRunning(ref);
  const token = randomBytes(16).toString("hex");
  const port = await onServer(server, "wait for the time", command`perl -e ${WAITING} ${ref.address} ${token}`);
  return { port: Number(port), token };
}

/**
 * Sets a server's wall clock to this machine's clock: by the process that waits for it, or else over SSH. The error is the network delay: milliseconds, over
 * SSH a tenth of a second under emulation.
 */
export async function setClock(ref: ServerRef, waiting?: WaitingClock): Promise<void> {
  if (waiting && (await tellTime(ref, waiting))) return;
  const server = await connectToRunning(ref);
  await onServer(server, "set the clock", command`date --set ${`@${now()}`}`);
}

/** Runs a command, not as a role's script: a clock needs no `sync`, which would take half a second. @returns its output @throws Error with what failed */
async function onServer(server: ServerConnection, what: string, text: string): Promise<string> {
  const { code, stdout, stderr } = await server.execute(text);
  if (code !== 0) throw new Error(`cannot ${what} on ${server.ref.name}: ${stderr.trim()}`);
  return stdout;
}

/** @returns false if nobody waits there, or a packet filter is in between */
async function tellTime(ref: ServerRef, { port, token }: WaitingClock): Promise<boolean> {
  const socket = openHost(ref.host).connect(ref.address, port);
  socket.on("error", () => {}); // then no line comes
  const giveUp = setTimeout(() => socket.destroy(), patience(ref, 0.5) * 1000);
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => (await lines.next()).value;
  try {
    if ((await next()) !== "ready") return false;
    socket.write(`${token} ${now()}\n`);
    return (await next()) === "set";
  } finally {
    clearTimeout(giveUp);
    socket.destroy();
  }
}

/** Seconds since the epoch. */
const now = (): string => (Date.now() / 1000).toFixed(3);
