/**
 * Source ports of connections that are to reach the scheduler, outside the range that the client's kernel gives to others. IPVS keeps a closed
 * connection for two minutes (FIN_WAIT in its table, as direct routing shows it one direction only). A new connection from the same port goes where
 * the old one went, past the scheduler; or nowhere, if that real server has been taken out. So the clock chooses the port: up to 300 connections a
 * second, no two programs of this machine use one twice within two minutes.
 */
const PORTS = { first: 1024, count: 40_000 - 1024 };
/** How long a port is next, in nanoseconds: a cycle through all of them takes 126.7 s. */
const TURN_NS = 3_250_000n;

let turn = 0n;
/** The port that the clock chooses, or the next one if that has been used. */
export function nextPort() {
  // CLOCK_MONOTONIC: one for all processes of the machine.
  const now = process.hrtime.bigint() / TURN_NS;
  turn = now > turn ? now : turn + 1n;
  return PORTS.first + Number(turn % BigInt(PORTS.count));
}
