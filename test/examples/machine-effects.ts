import type { TestStack } from "../e2e/stack.ts";

/** What a rule's two folders do on virtual machines, which have IPVS. */
export interface MachineEffect {
  /** The last bytes of the stand-ins' addresses, 10.0.0.N; by default 11 to 13. Other real servers are not there. */
  readonly standIns?: readonly string[];
  /** When the health checks have decided. */
  readonly seconds: number;
  readonly look: (stack: TestStack) => Promise<unknown>;
  /** What is seen in `found`, and in `fine`. */
  readonly found: unknown;
  readonly fine: unknown;
}

/** The real servers of a virtual server in a director's table, each with its weight: `10.0.0.11:80 1`. */
async function servers(stack: TestStack, director: string, service: string): Promise<string[]> {
  const [, ...services] = (await stack.on(director, "ipvsadm -Ln")).split(/^(?=TCP |UDP |FWM )/m);
  const table = services.find((text) => text.replace(/ +/, " ").startsWith(`${service} `)) ?? "";
  return [...table.matchAll(/^ {2}-> (\S+) +\w+ +(\d+) /gm)]
    .map(([, address, weight]) => `${address} ${weight}`)
    .sort();
}

const has =
  (director: string, service: string, address: string) =>
  async (stack: TestStack): Promise<boolean> =>
    (await servers(stack, director, service)).some((line) => line.startsWith(`${address} `));

const WEB = "TCP 10.0.0.100:80";

/** The effects, by rule. */
export const machineEffects: Readonly<Record<string, MachineEffect>> = {
  // 10.0.0.13 is not there, and nothing notices.
  "no-health-check": { standIns: ["11"], seconds: 15, look: has("lb1", WEB, "10.0.0.13:80"), found: true, fine: false },
  // It answers, but not on port 0.
  "check-without-port": { seconds: 12, look: has("lb1", WEB, "10.0.0.11:80"), found: false, fine: true },
  // The real servers of the second are in the first.
  "virtual-server-twice": {
    seconds: 5,
    look: (stack) => servers(stack, "lb1", WEB),
    found: ["10.0.0.11:80 1", "10.0.0.12:80 1", "10.0.0.13:80 1"],
    fine: ["10.0.0.11:80 1", "10.0.0.12:80 1"],
  },
  // After a failover nobody goes there.
  "real-servers-differ": { seconds: 12, look: has("lb2", WEB, "10.0.0.12:80"), found: false, fine: true },
  "virtual-server-differs": {
    seconds: 5,
    look: async (stack) =>
      (await stack.on("lb1", "ipvsadm -Ln | grep ^TCP")) === (await stack.on("lb2", "ipvsadm -Ln | grep ^TCP")),
    found: false,
    fine: true,
  },
  // keepalived takes the virtual server's port instead: nobody asks 8080.
  "port-not-changed": {
    seconds: 5,
    look: (stack) => servers(stack, "lb1", WEB),
    found: ["10.0.0.11:80 1", "10.0.0.12:80 1"],
    fine: ["10.0.0.11:8080 1"],
  },
  // No real server is there, and one of them is never found out.
  "sorry-server-never-used": {
    standIns: ["99"],
    seconds: 15,
    look: has("lb1", WEB, "10.0.0.99:80"),
    found: false,
    fine: true,
  },
  // IPVS schedules no connection to a weight of 0.
  "no-weight": {
    seconds: 5,
    look: async (stack) => (await servers(stack, "lb1", WEB)).filter((line) => !line.endsWith(" 0")),
    found: [],
    fine: ["10.0.0.12:80 1"],
  },
};
