import { z } from "zod";
import { serverNamed } from "../../lab/index.ts";
import { defineFault, type FaultSite } from "./fault.ts";
import { targets } from "./targets.ts";
import { must } from "./unit.ts";

const percent = z.number().min(0).max(100).default(0);
const milliseconds = z.number().min(0).max(10_000).default(0);

export const netem = defineFault({
  id: "netem",
  title: "disturb the link of",
  explains:
    "What the server sends is delayed, lost, doubled or reordered (tc-netem(8)); what it receives is not touched. Losing advertisements makes a standby take over now and then; delay alone does not.",
  parameters: z.strictObject({
    delayMs: milliseconds.describe("milliseconds by which every packet is delayed"),
    jitterMs: milliseconds.describe("milliseconds, more or less than `delayMs`; without a delay it is none"),
    lossPercent: percent.describe("share of packets that are lost"),
    duplicatePercent: percent.describe("share of packets that are sent twice"),
    reorderPercent: percent.describe("share of packets that are sent at once while the others wait: needs a delay"),
  }),
  targets: targets.servers,
  byHand: {
    inject: "tc qdisc replace dev eth0 root netem delay 100ms 10ms loss 20% duplicate 5% reorder 25%",
    heal: "tc qdisc delete dev eth0 root",
  },
  async inject({ view, server }, { delayMs, jitterMs, lossPercent, duplicatePercent, reorderPercent }) {
    const words = [
      ...(delayMs > 0 ? ["delay", `${delayMs}ms`, ...(jitterMs > 0 ? [`${jitterMs}ms`] : [])] : []),
      ...(lossPercent > 0 ? ["loss", `${lossPercent}%`] : []),
      ...(duplicatePercent > 0 ? ["duplicate", `${duplicatePercent}%`] : []),
      ...(reorderPercent > 0 ? ["reorder", `${reorderPercent}%`] : []),
    ];
    for (const device of devices({ view, server }))
      await must(view.on(server)`tc qdisc replace dev ${device} root netem ${words}`);
  },
  async heal({ view, server }) {
    for (const device of devices({ view, server }))
      await must(view.on(server)`! tc qdisc show dev ${device} | grep -q netem || tc qdisc delete dev ${device} root`);
  },
  async present({ view, server }) {
    const found: string[] = [];
    for (const device of devices({ view, server }))
      found.push((await view.on(server)`tc qdisc show dev ${device} root`).output.trim());
    return {
      there: found.every((output) => output.includes(" netem ")),
      seen: found.filter(Boolean).join("; ") || "no queueing discipline of its own",
    };
  },
});

/** The server's interfaces on the lab's networks. */
const devices = ({ view, server }: FaultSite): string[] =>
  serverNamed(view.lab, server).interfaces.map(({ device }) => device);
