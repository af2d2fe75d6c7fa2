import type { VirtualService } from "../../lab/index.ts";
import type { Part } from "./part.ts";

/** The largest weight: shares stay such that a few requests show them. */
const LARGEST = 5;

/** How often weights are drawn again that are those of the exercise: of two real servers, one draw in 25 is. */
const ATTEMPTS = 16;

/** The weights of the real servers. 0 stays: such a server gets nothing on purpose. */
export const weights: Part = {
  title: "the weights of real servers, 1 to 5, but 0 and those that a quorum counts",
  apply(data, lab, draws) {
    for (const [index, service] of lab.services.entries()) {
      const own = data.services[index];
      if (!own || countsWeights(service)) continue;
      own.realServers ??= service.realServers.map(({ server }) => ({ server }));
      const drawn = Array.from({ length: ATTEMPTS }, (_, attempt) =>
        service.realServers.map(({ server, weight }) =>
          weight === 0 ? 0 : 1 + draws.number(`${index} ${server}`, LARGEST, attempt),
        ),
      );
      const others = drawn.find((all) => all.some((weight, at) => weight !== service.realServers[at]?.weight));
      for (const [at, real] of own.realServers.entries()) real.weight = others?.[at] ?? real.weight ?? 1;
    }
  },
};

/** Whether a sum of weights means something: keepalived.conf(5), quorum. */
const countsWeights = ({ quorum, hysteresis }: VirtualService): boolean =>
  quorum !== undefined || hysteresis !== undefined;
