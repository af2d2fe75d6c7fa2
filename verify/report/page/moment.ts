import type { Bin } from "./bins.ts";
import type { PageData } from "./data.ts";
import { faultSpans } from "./lanes/events.ts";
import { arpHoldings } from "./lanes/owners.ts";
import { routersOf } from "./lanes/vrrp.ts";

/** The state at a moment of the run, as rows of a name and a text. `bin`: the requests around it. */
export function momentRows(data: PageData, moment: number, bin: Bin | undefined): (readonly [string, string])[] {
  const { series, steps, diagnoses } = data;
  const holds = ({ from, to }: { readonly from: number; readonly to: number | null }) =>
    moment >= from && moment < (to ?? Number.POSITIVE_INFINITY);
  const step = steps.find(holds);
  const owners = series.vipOwners.filter(holds).map(({ server, mac }) => server ?? mac);
  const believed = arpHoldings(data).find(holds);
  return [
    ...faultSpans(data)
      .filter(holds)
      .map(({ title }) => ["fault", title] as const),
    ...(step ? [[`step ${step.n}`, step.title] as const] : []),
    ...routersOf(data).flatMap((router) => {
      const span = series.vrrpStates.find((one) => one.server === router && holds(one));
      return span ? [[router, span.state] as const] : [];
    }),
    ["VIP on the wire", owners.join(" and ") || "nobody"],
    ["client’s ARP", believed ? (believed.server ?? believed.mac) : "none"],
    ...(bin
      ? [
          [
            `requests in ${bin.to - bin.from} ms`,
            `${bin.answered} answered, ${bin.delayed} delayed, ${bin.failed} failed`,
          ] as const,
        ]
      : []),
    ...diagnoses.filter(holds).map(({ id }) => ["diagnosis", id] as const),
  ];
}
