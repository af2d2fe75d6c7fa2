import { hostPort, type Ip } from "../../lab/index.ts";
import { bandWords, countsWords, elsewhereWords, ms, outageWords, probeWords, tallyWords } from "../report/words.ts";
import type { FailoverReport, Move } from "./report.ts";

type Line = [label: string, text: string];

/** Formats the report for a terminal, without colours. */
export function formatFailover(report: FailoverReport): string {
  const { service, master, standby, crash, failback, diagnoses, findings, interrupted } = report;
  const lines: Line[] = [
    ["killed", crash ? `${master.name} (priority ${master.priority}): power off` : "nobody"],
    ...(crash ? moveLines("outage", crash) : []),
    ...(failback ? moveLines("failback", failback) : []),
    ...(failback
      ? [
          [
            "",
            `${master.name} was up again ${ms(failback.power.to - failback.power.from)} after it was started`,
          ] as Line,
        ]
      : []),
    ...diagnoses.map(({ id, title }, index): Line => [index === 0 ? "wire" : "", `${id}: ${title}`]),
    ["probe", probeWords(report.probe)],
    ...(interrupted === undefined ? [] : [["ended by", interrupted] as Line]),
  ];
  return [
    `Failover of ${hostPort(service.vip as Ip, service.port)} from ${master.name} to ${standby.name} in ${report.stack}`,
    ...lines.map(([label, text]) => `  ${label.padEnd(9)} ${text}`),
    ...findings.map(({ ok, title, seen }) => `  ${ok ? "✓" : "✗"} ${title}: ${seen}`),
  ].join("\n");
}

const moveLines = (label: string, { outage, promise, strip, holder, arp, perServer }: Move): Line[] => [
  [label, [outageWords(outage), elsewhereWords(outage)].filter(Boolean).join("; ")],
  ...(promise ? [["VRRP", `${bandWords(promise)}: ${promise.arithmetic}`] as Line] : []),
  ...(strip ? [["", `${strip}  100 ms each`] as Line] : []),
  ["requests", countsWords(outage.counts)],
  [
    "owner",
    `${holder.before ?? "nobody"} → ${holder.after ?? "nobody"}; ARP ${arp.before ?? "none"} → ${arp.after ?? "none"}` +
      (arp.movedMs === null ? "" : ` after ${ms(arp.movedMs)}`),
  ],
  ["servers", tallyWords(perServer)],
];
