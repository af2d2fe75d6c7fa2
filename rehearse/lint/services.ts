import type { RealServer, VirtualServer } from "../directors/virtual-server.ts";

/** A real server's name in messages: its address, and its port if it has one. */
export const realServerName = ({ address, port }: Pick<RealServer, "address" | "port">): string =>
  port === 0 ? address : `${address} ${port}`;

/** What makes two real servers of a virtual server the same: the address, and the port in the kernel's table. */
export const realServerKey = ({ address, portInTable }: RealServer): string => `${address} ${portInTable}`;

/** The real servers that keepalived keeps: of several with the same address and port it removes all but the first. */
export const keptRealServers = ({ realServers }: VirtualServer): RealServer[] =>
  [...new Map(realServers.toReversed().map((one) => [`${one.address} ${one.port}`, one])).values()].toReversed();

/** What real servers weigh together. */
export const weightOf = (realServers: readonly RealServer[]): number =>
  realServers.reduce((sum, { weight }) => sum + weight, 0);
