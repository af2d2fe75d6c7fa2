import { hostPort, type Ip } from "../../lab/index.ts";
import type { LoadSummary, Outage } from "../probe/index.ts";
import type { OutagePromise, RunResult } from "./result.ts";

/** Whole milliseconds, the resolution of all measurements here: `3702 ms`. */
export const ms = (value: number): string => `${Math.round(value)} ms`;

/** Milliseconds to a tenth, for values near one: `0.4 ms`. */
export const fine = (value: number): string => `${value.toFixed(1)} ms`;

/** A moment or a duration in seconds: `5.4 s`. */
export const seconds = (value: number): string => `${(value / 1000).toFixed(1)} s`;

/** A duration in whole seconds, from 90 s on in minutes: `64 s`, `3 min 5 s`. */
export function minutes(ms: number): string {
  const all = Math.max(0, Math.round(ms / 1000));
  return all < 90 ? `${all} s` : `${Math.floor(all / 60)} min ${all % 60} s`;
}

/** A number to a tenth, without a zero at its end: `5`, `5.2`. */
export const tenth = (value: number): number => Math.round(value * 10) / 10;

/** The outage as the client saw it: `3702 ± 21 ms`, or `none` with the slowest connection. */
export const outageWords = ({ longest, slowestConnectMs }: Outage): string =>
  longest
    ? `${Math.round(longest.ms)} ± ${ms(longest.errorMs)}${longest.to === null ? ", and not over" : ""}`
    : `none, slowest connection ${ms(slowestConnectMs)}`;

/** Requests lost outside the outage; empty if there are none. */
export const elsewhereWords = ({ elsewhere }: Outage): string =>
  elsewhere > 0 ? `${elsewhere} more not served at other times` : "";

/** `2805 to 3805 ms, up to 500 ms more accepted` */
export const bandWords = ({ minimumMs, maximumMs, toleranceMs }: OutagePromise): string =>
  `${Math.round(minimumMs)} to ${ms(maximumMs)}, up to ${ms(toleranceMs)} more accepted`;

/** `450: 264 answered, 50 delayed, 136 failed (TIMEOUT 136)` */
export const countsWords = ({ total, answered, delayed, failed, errors }: Outage["counts"]): string =>
  `${total}: ${answered} answered, ${delayed} delayed, ${failed} failed${failed > 0 ? ` (${tallyWords(errors)})` : ""}`;

/** `server2 75, server3 75` */
export const tallyWords = (tally: Readonly<Record<string, number>>): string =>
  Object.entries(tally)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ") || "none";

/** The lab of a run in one line. */
export const labWords = ({ lab, stack }: RunResult): string =>
  `stack ${stack}, ${lab.control} in control, ${hostPort(lab.vip as Ip, lab.port)} by ${lab.scheduler}, ` +
  (lab.acceleration === "kvm" ? "KVM" : "emulated (QEMU without KVM)");

/** The start of a run: `2026-01-01 12:00:00 UTC`. */
export const startWords = ({ startedAt }: Pick<RunResult, "startedAt">): string =>
  `${new Date(startedAt).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** Latency of answered requests: `2.1 ms (median), 3.4 ms (95 %), 6.2 ms (99 %), 14.8 ms at most` */
export const latencyWords = ({ medianMs, p95Ms, p99Ms, maxMs }: LoadSummary["latency"]): string =>
  `${fine(medianMs)} (median), ${fine(p95Ms)} (95 %), ${fine(p99Ms)} (99 %), ${fine(maxMs)} at most`;

/** The probe's settings and lateness: `every 20 ms, timeout 2000 ms; late by 0.4 ms (median), 1.9 ms (99 %), 6.2 ms at most` */
export const probeWords = ({
  intervalMs,
  timeoutMs,
  jitter,
}: Pick<LoadSummary, "intervalMs" | "timeoutMs" | "jitter">): string =>
  `every ${ms(intervalMs)}, timeout ${ms(timeoutMs)}; late by ${fine(jitter.medianMs)} (median), ` +
  `${fine(jitter.p99Ms)} (99 %), ${fine(jitter.maxMs)} at most`;
