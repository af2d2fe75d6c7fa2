import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { formatRun } from "../../../../verify/report/terminal.ts";
import { aRun } from "./a-run.ts";

describe("formatRun", () => {
  it("tells the run in 100 columns", () => {
    const text = formatRun(aRun());
    expect(text).toMatchInlineSnapshot(`
      "✗ The master crashes and comes back: failed in 30.0 s
        stack ha, keepalived in control, 172.25.254.100:80 by rr, emulated (QEMU without KVM)
        2026-01-01 12:00:00 UTC

        ✓  1    0.0 s  server1 holds the VIP: server1 alone
        ✓  2    0.4 s  wait 5 s
        ✓  3    5.4 s  power off server1
        ✓  4    5.6 s  server4 holds the VIP within 5 s: server4 alone after 3780 ms
        ✓  5    9.4 s  the outage is 2805 to 3805 ms, and up to 500 ms more: 3701 ± 22 ms
        ✓  6    9.4 s  wait 5 s
        ✓  7   14.4 s  power on server1
        ✓  8   19.8 s  server1 holds the VIP within 6 s: server1 alone after 4500 ms
        ✗  9   24.3 s  no request is lost while server1 takes the VIP back
                       seen      3 delayed, 0 failed
                       try       a hand-over while both directors are alive should lose nothing: look
                                 whether server1 announced the VIP (gratuitous ARP) before its IPVS table
                                 was there
                       evidence  server1$ journalctl -u keepalived -n 3 --no-pager

        power off server1  5.4 s to 14.4 s
        outage    3701 ± 22 ms
        VRRP      2805 to 3805 ms, up to 500 ms more accepted: 3 × 1000 ms + skew 805 ms, less the time
                  since the last advertisement
        requests  450: 265 answered, 50 delayed, 135 failed (TIMEOUT 135)
        servers   server2 133, server3 132

        power on server1  14.4 s to 30.0 s
        outage    61 ± 22 ms
        requests  779: 776 answered, 3 delayed, 0 failed
        servers   server2 387, server3 389

        service   ██████████████▅▁▁▁▁▁▁▁▁▁▄███████████████████████████████████████▆███████████████
                                ▲3                      ▲7
                  █ all answered, ▁ none; 375 ms a character, ▲ at step
        requests  1500: 1312 answered, 53 delayed, 135 failed (TIMEOUT 135)
        servers   server2 656, server3 656
        latency   3.0 ms (median), 4.1 ms (95 %), 10.5 ms (99 %), 16.1 ms at most
        probe     every 20 ms, timeout 2000 ms; late by 0.4 ms (median), 1.8 ms (99 %), 5.0 ms at most
        capture   21402 packets, 0 dropped; its clock is within 0.4 ms of the run's

        master-crash  5.4 s to 9.2 s
          server1 fell silent as master without a farewell, and server4 took over after 3.8 s
          - server1's last advertisement at 5.380 s has priority 100, not 0
          - server4's first advertisement follows 3805 ms later: 3 × 1000 ms + skew 805 ms
        preemption  20.5 s to 24.1 s
          server1 came back with the higher priority and took the VIP from server4
          - server1 advertises priority 100 at 24.109 s while server4 with priority 50 is alive
          - server4 sends nothing after that"
    `);
    expect(text.split("\n").filter((line) => [...line].length > 100)).toEqual([]);
  });

  it("says the same in colours, and colours only what a terminal takes them for", () => {
    const text = formatRun(aRun(), { colour: true });
    expect(text).toContain("\u001b[31m✗\u001b[39m");
    expect(stripVTControlCharacters(text)).toBe(formatRun(aRun()));
  });

  it("says why a run ended early", () => {
    expect(formatRun({ ...aRun(), interrupted: "SIGINT" })).toContain(
      "✗              interrupted after 30.0 s: SIGINT",
    );
  });

  it("lets no control character of a page or an output reach the terminal", () => {
    const run = aRun();
    const hostile = "\u001b]0;owned\u0007\u001b[2Jserver2\r\nx";
    const series = { ...run.series, requests: { ...run.series.requests, servers: [hostile, "server3"] } };
    const text = formatRun({
      ...run,
      interrupted: hostile,
      scenario: { ...run.scenario, title: hostile },
      steps: run.steps.map((step) => ({ ...step, title: hostile, seen: hostile, ok: false })),
      windows: run.windows.map((window) => ({ ...window, title: hostile, perServer: { [hostile]: 1 } })),
      diagnoses: run.diagnoses.map((one) => ({ ...one, title: hostile, because: [hostile] })),
      load: { ...run.load, perServer: { [hostile]: 1 }, counts: { ...run.load.counts, errors: { [hostile]: 1 } } },
      series,
    });
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  });

  it("has no picture of VRRP where it has no part, and none of a capture that was not taken", () => {
    const { windows, series, ...run } = aRun();
    const text = formatRun({
      ...run,
      windows: windows.map(({ promise: _, ...window }) => window),
      diagnoses: [],
      series: { ...series, capture: null },
    });
    expect(text).not.toContain("VRRP  ");
    expect(text).not.toContain("capture  ");
  });
});
