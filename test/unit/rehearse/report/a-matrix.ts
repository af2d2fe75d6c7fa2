import type { MatrixCell, MatrixResult } from "../../../../rehearse/report/result.ts";

const cell: MatrixCell = {
  event: "crash",
  title: "the master loses its power",
  object: null,
  service: "172.25.254.100:80",
  instance: "VI_1",
  scenario: "director-down",
  startedAt: "2026-01-01T12:00:00.000Z",
  durationMs: 30_000,
  passed: false,
  measured: true,
  failures: ["the client sees an outage of 2805 to 3805 ms, up to 500 ms more accepted: 9000 ± 20 ms"],
  promise: {
    minimumMs: 2805,
    maximumMs: 3805,
    toleranceMs: 500,
    arithmetic: "3 × 1000 ms + skew 805 ms, less the time since the last advertisement",
  },
  outageMs: 9000,
  outageErrorMs: 20,
  failbackMs: 61.2,
  lost: 380,
  seen: "9000 ± 20 ms",
  vip: { before: ["lb1"], during: ["lb2"], after: ["lb1"] },
  arp: { before: "lb1", during: "lb2", after: null },
  report: "2026-01-01T12-00-00-rehearse-folder-director-down/report.html",
};

/** A rehearsal of two cells, of which the first one failed. */
export const aMatrix = (): MatrixResult => ({
  format: "lvs-lab rehearsal",
  version: 1,
  folder: "folder",
  stack: "rehearse-folder",
  startedAt: "2026-01-01T11:59:00.000Z",
  finished: true,
  passed: false,
  versions: {
    lvsLab: "0.1.0",
    node: "20.20.2",
    hostKernel: "6.1.0",
    acceleration: "kvm",
    directors: [
      {
        ...{ name: "lb1", keepalived: "2.2.7 (01/16,2022)", keepalivedPackage: "1:2.2.7-1+b2" },
        ...{ os: "Debian GNU/Linux 12 (bookworm)", kernel: "6.1.0-30-cloud-amd64" },
      },
      { name: "lb2", keepalived: null, keepalivedPackage: null, os: null, kernel: null },
    ],
  },
  findings: [
    {
      ...{ rule: "password-too-long", level: "warning", file: "lb1.conf", line: 18 },
      ...{ message: "the password of VI_1 has 11 characters; keepalived takes the first 8", fix: "write 8" },
    },
  ],
  cells: [
    cell,
    {
      ...cell,
      ...{ event: "refuse", title: "a real server refuses connections", scenario: "real-server-down" },
      ...{ passed: true, failures: [], outageMs: null, outageErrorMs: null, failbackMs: null, lost: 0 },
      ...{ seen: "none, slowest connection 3 ms", detection: { promise: { minimum: 3, maximum: 6 }, ms: 5234.5 } },
      report: "2026-01-01T12-01-00-rehearse-folder-real-server-down/report.html",
    },
  ],
  notRun: [{ service: "172.25.254.100:80", events: ["hang"], reason: "its health check does not see that" }],
});
