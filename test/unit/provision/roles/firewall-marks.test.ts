import { expect, it } from "vitest";
import { marksIn, unit } from "../../../../provision/roles/firewall-marks.ts";

const marks = { "1": { vip: "172.25.254.100", protocol: "tcp" as const, ports: [80, 443] } };

/** As nft 1.0.6 prints the role's table. */
const listed = (value: number, ports: unknown): string =>
  JSON.stringify({
    nftables: [
      { metainfo: { version: "1.0.6", json_schema_version: 1 } },
      { table: { family: "ip", name: "lvs_lab_marks", handle: 1 } },
      {
        chain: {
          ...{ family: "ip", table: "lvs_lab_marks", name: "prerouting", handle: 1 },
          ...{ type: "filter", hook: "prerouting", prio: -150, policy: "accept" },
        },
      },
      {
        rule: {
          ...{ family: "ip", table: "lvs_lab_marks", chain: "prerouting", handle: 3 },
          expr: [
            { match: { op: "==", left: { payload: { protocol: "ip", field: "daddr" } }, right: "172.25.254.100" } },
            { match: { op: "==", left: { payload: { protocol: "tcp", field: "dport" } }, right: ports } },
            { mangle: { key: { meta: { key: "mark" } }, value } },
          ],
        },
      },
    ],
  });

it("the unit marks packets before IPVS sees them", () => {
  expect(unit({ marks }).start.at(-1)).toBe(
    "/usr/sbin/nft add rule ip lvs_lab_marks prerouting ip daddr 172.25.254.100 tcp dport { 80, 443 } meta mark set 1",
  );
});

it("marks count only if the table is exactly the role's own", () => {
  expect(marksIn(listed(1, { set: [80, 443] }), marks)).toEqual(marks);
  expect(marksIn(listed(2, { set: [80, 443] }), marks)).toEqual({});
  expect(marksIn(listed(1, 80), marks)).toEqual({});
  expect(marksIn("", marks)).toEqual({});
  const one = { "1": { ...marks["1"], ports: [80] } };
  expect(marksIn(listed(1, 80), one)).toEqual(one);
});
