import { describe, expect, it } from "vitest";
import type { HealthCheck, RealServerFailure } from "../../../lab/index.ts";
import { firstCheckTime, longestTime, removalTime, returnTime } from "../../../lab/index.ts";

const textbook = { delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 };
const tcp = (change: object = {}): HealthCheck => ({ type: "tcp", ...textbook, ...change });
const http = (change: object = {}): HealthCheck => ({ type: "http", path: "/", ...textbook, ...change });
const ping = (): HealthCheck => ({ type: "ping", ...textbook, retry: 1 });
const udp = (change: object = {}): HealthCheck => ({ type: "udp", ...textbook, ...change });
const dns = (change: object = {}): HealthCheck => ({ type: "dns", ...textbook, ...change });
const smtp = (change: object = {}): HealthCheck => ({ type: "smtp", ...textbook, ...change });
const misc = (change: object = {}): HealthCheck => ({
  type: "misc",
  command: ["/bin/true"],
  delayLoop: 6,
  delayBeforeRetry: 3,
  ...change,
});

describe("the table of docs/health-checks.md", () => {
  it.each<[string, HealthCheck, RealServerFailure, [number, number] | undefined]>([
    ["the article's timers, a closed port", tcp(), "refuses", [3, 9]],
    ["the article's timers, a host that is gone", tcp(), "silent", [3, 15]],
    ["the article's timers, a web server that hangs", tcp(), "hangs", undefined],
    ["the article's timers, a wrong status", tcp(), "error-status", undefined],
    ["three retries, a closed port", tcp({ retry: 3 }), "refuses", [9, 15]],
    ["three retries, a host that is gone", tcp({ retry: 3 }), "silent", [9, 27]],
    ["HTTP, a wrong status", http(), "error-status", [3, 9]],
    ["HTTP, a host that is gone", http(), "silent", [3, 15]],
    ["HTTP, a web server that hangs", http(), "hangs", [9, 15]],
    ["HTTP, a wrong page that nothing looks at", http(), "wrong-page", undefined],
    ["HTTP, a wrong page by its digest", http({ digest: true }), "wrong-page", [3, 9]],
    ["HTTP, a wrong page by a pattern", http({ regex: "server" }), "wrong-page", [3, 9]],
    ["UDP, a closed port", udp(), "refuses", [3, 9]],
    ["UDP, a server that is gone, and may be", udp(), "silent", undefined],
    ["UDP, a server that hangs, and must reply", udp({ requireReply: true }), "hangs", [9, 15]],
    ["DNS, a closed port: three retries are the default", dns(), "refuses", [9, 15]],
    ["DNS, one retry, a closed port", dns({ retry: 1 }), "refuses", [3, 9]],
    ["DNS, a server that hangs", dns(), "hangs", [21, 27]],
    ["DNS, a host that is gone", dns(), "silent", [9, 27]],
    ["SMTP, an MTA that is stopped", smtp(), "mta-refuses", [3, 9]],
    ["SMTP, a host that is gone", smtp(), "silent", [3, 15]],
    ["SMTP, a web server that is stopped", smtp(), "refuses", undefined],
    ["SMTP, a web server that hangs", smtp(), "hangs", undefined],
    ["HTTP, an MTA that is stopped", http({ digest: true }), "mta-refuses", undefined],
    ["ping, a host that is gone", ping(), "silent", [3, 15]],
    ["ping, a closed port of a host that answers", ping(), "refuses", undefined],
    ["a command, which is not repeated", misc(), "refuses", [0, 12]],
    ["a command that is repeated, and hangs as long as it may", misc({ retry: 1, timeout: 2 }), "hangs", [3, 11]],
  ])("%s", (_, check, failure, band) => {
    const [minimum, maximum] = band ?? [];
    expect(removalTime(check, failure)).toEqual(band && { minimum, maximum });
  });

  it.each<[string, HealthCheck, RealServerFailure, [number, number]]>([
    ["after a closed port", tcp(), "refuses", [0, 6]],
    ["after a timeout", tcp(), "silent", [0, 9]],
    ["with a longer delay before retries", tcp({ delayBeforeRetry: 8 }), "refuses", [0, 8]],
    ["with a longer delay before no retries", tcp({ delayBeforeRetry: 8, retry: 0 }), "refuses", [0, 6]],
    ["twice by HTTP", http(), "refuses", [6, 12]],
    ["twice by HTTP, after a timeout", http(), "hangs", [6, 15]],
    ["by a command", misc({ timeout: 2 }), "refuses", [0, 6]],
    ["by a command that takes longer than the delay", misc({ timeout: 8 }), "hangs", [0, 8]],
    ["never out", tcp(), "hangs", [0, 0]],
  ])("back %s", (_, check, failure, [minimum, maximum]) => {
    expect(returnTime(check, failure)).toEqual({ minimum, maximum });
  });

  it("the first check comes after a second and a part of the warmup", () => {
    expect(firstCheckTime(tcp())).toEqual({ minimum: 1, maximum: 7 });
    expect(firstCheckTime(tcp({ warmup: 0 }))).toEqual({ minimum: 1, maximum: 1 });
  });

  it("the longest of all is that of the slowest failure, there and back", () => {
    expect(longestTime(tcp(), ["refuses", "hangs"])).toBe(9);
    expect(longestTime(http(), ["refuses", "hangs"])).toBe(15);
    expect(longestTime(tcp(), ["hangs"])).toBe(0);
  });
});

/**
 * keepalived 2.2.7 itself, its calls to IPVS recorded: seconds from a failure to the removal, and from the end of the failure to the return. The failures
 * came at random moments.
 */
const measured: readonly [HealthCheck, RealServerFailure, removed: number[], returned: number[]][] = [
  [tcp({ ...short(), retry: 0 }), "refuses", [0.05, 0.38, 1.82], [1.9, 0.78, 1.96]],
  [tcp(short()), "refuses", [1.07, 1.5, 1.58], [0.99, 0.8, 1.75]],
  [tcp({ ...short(), retry: 3 }), "refuses", [4.63, 4.78, 4.9], [1.59, 0.89, 1.33]],
  [tcp({ ...short(), delayBeforeRetry: 4 }), "refuses", [4.45, 4.95, 5.03], [0.22, 0.32, 1.01]],
  [http(short()), "refuses", [1.32, 1.91, 2.77], [3.36, 3.36, 3.35]],
  [http(short()), "hangs", [3.39, 4.12, 4.3], [3.23, 3.24, 4.75]],
  [http({ ...short(), retry: 2 }), "error-status", [2.04, 3.62, 3.74], [2.9, 2.93, 3.42]],
  [http({ ...short(), delayBeforeRetry: 4 }), "error-status", [4.67, 5.52, 5.85], [4.61, 4.24, 4.12]],
  [dns(short()), "refuses", [4.31, 4.55, 3.85], [1.99, 1.96, 1.4]],
  [dns({ ...short(), retry: 0 }), "refuses", [1.49, 1.51, 0.01], [1.19, 1.08, 1.25]],
  [dns({ ...short(), retry: 1 }), "hangs", [4.18, 4.25, 3.71], [1.43, 1.73, 1.46]],
  [smtp(short()), "mta-refuses", [2.57, 1.21, 2.17], [1.84, 0.61, 1.92]],
  [smtp({ ...short(), retry: 0 }), "mta-refuses", [0.18, 0.69, 0.64], [0.48, 1.04, 1.5]],
  [smtp({ ...short(), delayBeforeRetry: 4 }), "mta-refuses", [5.91, 5.43, 4.38], [0.73, 1.62, 0.61]],
  [misc({ ...short(), timeout: 1 }), "refuses", [1.15, 1.23, 1.37], [1.84, 1.9, 1.26]],
  [misc({ ...short(), delayLoop: 3, timeout: 1, retry: 2 }), "hangs", [3.3, 3.62, 4.91], [1.97, 1, 0.42]],
  [misc({ ...short(), timeout: 3, retry: 1 }), "hangs", [6.74, 7.64, 7.95], [2.42, 1, 1.97]],
];

function short() {
  return { delayLoop: 2, connectTimeout: 1, delayBeforeRetry: 1 };
}

describe("what keepalived takes is within what is said of it", () => {
  it.each(measured)("%j, %s", (check, failure, removed, returned) => {
    const removal = removalTime(check, failure) ?? { minimum: Number.NaN, maximum: Number.NaN };
    for (const seconds of removed) {
      expect(seconds).toBeGreaterThanOrEqual(removal.minimum);
      expect(seconds).toBeLessThanOrEqual(removal.maximum);
    }
    for (const seconds of returned) expect(seconds).toBeGreaterThanOrEqual(returnTime(check, failure).minimum);
    for (const seconds of returned) expect(seconds).toBeLessThanOrEqual(returnTime(check, failure).maximum);
  });
});
