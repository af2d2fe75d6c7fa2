/**
 * Source ports of connections and datagrams that are to reach the scheduler, outside the range that the client's kernel gives to others. IPVS keeps a closed
 * connection for two minutes (FIN_WAIT in its table, as direct routing shows it one direction only). A new connection from the same port goes where
 * the old one went, past the scheduler; or nowhere, if that real server has been taken out. So the clock chooses the port: up to 300 connections a
 * second, no two programs of this machine use one twice within two minutes. Of UDP it keeps an entry for five minutes, and up to 125 datagrams a second
 * have ports of their own for so long: ip_vs_proto_udp.c, and tcp_timeouts of ip_vs_proto_tcp.c in the kernel.
 */
const PORTS = { first: 1024, count: 40_000 - 1024 };
/** How long a port is next, in nanoseconds: a cycle through all of them takes 126.7 s by TCP, 311.8 s by UDP. */
const TURN_NS = { tcp: 3_250_000n, udp: 8_000_000n };

const turns = { tcp: 0n, udp: 0n };
/** The port that the clock chooses, or the next one if that has been used. @param {"tcp" | "udp"} protocol */
export function nextPort(protocol = "tcp") {
  // CLOCK_MONOTONIC: one for all processes of the machine.
  const now = process.hrtime.bigint() / TURN_NS[protocol];
  const turn = now > turns[protocol] ? now : turns[protocol] + 1n;
  turns[protocol] = turn;
  return PORTS.first + Number(turn % BigInt(PORTS.count));
}
