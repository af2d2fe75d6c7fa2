import { hostPort, type Ip } from "../../lab/index.ts";
import { runOnHost } from "../../provision/host/command.ts";
import { CLIENT } from "../../provision/host/reach.ts";
import { labHost } from "../../verify/live/live-lab.ts";
import { withLab } from "../harness/bench-lab.ts";
import { alternating, Ledger } from "../harness/measured.ts";
import { onPath } from "../harness/on-path.ts";
import type { Part } from "../harness/part.ts";

const CONNECTIONS = [1, 8, 32];
const SECONDS = 10;

/** Cost of the director: requests per second through the VIP, and directly. */
export const throughput: Part = {
  name: "throughput",
  title: "requests a second through the VIP, and straight to the real servers",
  runs: 3,
  async measure({ runs, say }) {
    const tool = onPath("wrk") ? "wrk" : onPath("ab") ? "ab" : undefined;
    if (!tool)
      return {
        rows: [],
        notes: ["Not measured: neither wrk nor ab is on PATH; `apt-get install wrk`, or `apache2-utils` for ab."],
      };
    const ledger = new Ledger();
    const acceleration = await withLab("through", async (lab) => {
      await lab.use("ha-baked");
      await lab.lvs("up");
      await lab.check();
      const live = await lab.live();
      const [service] = live.lab.services;
      if (!service) throw new Error("the lab has no service");
      const { vip, port, realServers: reals } = service;
      const [oneReal] = reals;
      if (!oneReal) throw new Error(`the service ${service.name} has no real server`);
      const load = async (at: { address: Ip; port: number }, connections: number): Promise<number> => {
        const url = `http://${hostPort(at.address, at.port)}/`;
        // The load generator is the machine's own.
        const command = loadCommand(tool, url, connections);
        return rateIn(await runOnHost(labHost(live), CLIENT, command, { programs: "machine" }));
      };
      const ways: [string, (connections: number) => Promise<number>][] = [
        ["through the VIP", (connections) => load({ address: vip, port }, connections)],
        ["straight to one real server", (connections) => load(oneReal, connections)],
        [
          "straight to all real servers at once, each its share",
          async (connections) => {
            const share = Math.max(1, Math.round(connections / reals.length));
            const rates = await Promise.all(reals.map((real) => load(real, share)));
            return rates.reduce((sum, rate) => sum + rate, 0);
          },
        ],
      ];
      for (let round = 0; round < runs; round++)
        for (const connections of CONNECTIONS)
          for (const [who, measure] of alternating(ways, round)) {
            // One connection cannot be shared out.
            if (connections < reals.length && who.includes("share")) continue;
            say(`${connections} connections, ${who}, run ${round + 1} of ${runs}`);
            const rate = await measure(connections);
            ledger.add(`${connections} connection${connections === 1 ? "" : "s"}`, who, rate, "1/s");
          }
      return live.acceleration;
    });
    return {
      rows: ledger.rows(),
      notes: [
        `${tool}, closed loop, connections kept for as long as httpd keeps them, ${SECONDS} s each, from the client's namespace; the page has a line.`,
        "A connection stays with the real server that it was given. httpd ends one after a hundred requests, and the next is given to the other.",
      ],
      acceleration,
    };
  },
};

/** One thread: the client shares its machine with the guests. */
export const loadCommand = (tool: "wrk" | "ab", url: string, connections: number): string[] =>
  tool === "wrk"
    ? ["wrk", "--threads", "1", "--connections", String(connections), "--duration", `${SECONDS}s`, url]
    : ["ab", "-q", "-k", "-r", "-c", String(connections), "-t", String(SECONDS), "-n", "500000", url];

/** Requests per second, from the output of wrk or ab. @throws when a request failed, or there is no such figure */
export function rateIn(output: string): number {
  const [failure] = /(Socket errors: .*|Non-2xx.*|Failed requests:\s+[1-9].*)/.exec(output) ?? [];
  if (failure) throw new Error(`requests failed: ${failure}`);
  const [, rate] = /^(?:Requests\/sec:|Requests per second:)\s+([\d.]+)/m.exec(output) ?? [];
  if (rate === undefined) throw new Error(`no rate in:\n${output}`);
  return Number(rate);
}
