import { expect, it } from "vitest";
import { formatFailover } from "../../../../verify/failover/index.ts";
import { endedAfter, reported } from "./a-failover.ts";

it("says what happened, a line each", () => {
  expect(formatFailover(reported())).toMatchInlineSnapshot(`
    "Failover of 172.25.254.100:80 from server1 to server4 in ha
      killed    server1 (priority 100): power off
      outage    3701 ± 22 ms
      VRRP      2805 to 3805 ms, up to 500 ms more accepted: 3 × 1000 ms + skew 805 ms, less the time since the last advertisement
                ██████████▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▂███████████  100 ms each
      requests  450: 265 answered, 50 delayed, 135 failed (TIMEOUT 135)
      owner     server1 → server4; ARP 52:54:00:fe:fe:0b → 52:54:00:fe:fe:0e after 3780 ms
      servers   server2 133, server3 132
      failback  61 ± 22 ms
                ██████████▄██████████  100 ms each
      requests  779: 776 answered, 3 delayed, 0 failed
      owner     server4 → server1; ARP 52:54:00:fe:fe:0e → 52:54:00:fe:fe:0b after 9702 ms
      servers   server2 387, server3 389
                server1 was up again 5389 ms after it was started
      wire      master-crash: server1 fell silent as master without a farewell, and server4 took over after 3.8 s
                preemption: server1 came back with the higher priority and took the VIP from server4
      probe     every 20 ms, timeout 2000 ms; late by 0.4 ms (median), 1.8 ms (99 %), 5.0 ms at most
      ✓ server1 holds the VIP: server1 alone
      ✓ server4 holds the VIP within 5 s: server4 alone after 3780 ms
      ✓ the outage is 2805 to 3805 ms, and up to 500 ms more: 3701 ± 22 ms
      ✓ server1 holds the VIP within 6 s: server1 alone after 4500 ms
      ✓ every request besides is served: 0 lost"
  `);
});

it("marks what is not as it should be", () => {
  const text = formatFailover(reported(endedAfter(4, { ok: false, seen: "on the wire the master is nobody" })));
  expect(text).toContain("  ✗ server4 holds the VIP within 5 s: on the wire the master is nobody");
  expect(text).not.toContain("failback");
});

it("says that nobody was killed, and what ended it", () => {
  const text = formatFailover(reported({ ...endedAfter(1), interrupted: "SIGTERM" }));
  expect(text).toMatch(/^ {2}killed +nobody$/m);
  expect(text).toMatch(/^ {2}ended by +SIGTERM$/m);
});
