import { expect, it } from "vitest";
import { arpAnswers, hostOf } from "../../../../verify/live/arp-answers.ts";
import { aLiveLab, RecordedView } from "../a-live-lab.ts";
import { macOf as macIn, serviceOf } from "../other-labs.ts";

const live = await aLiveLab("ha");
const { vip } = serviceOf(live.lab);
const macOf = (name: string) => macIn(live.lab, name);

/** What arping of iputils prints, of Debian 12. */
const printed = (...macs: string[]) => `ARPING 172.25.254.100 from 172.25.254.250 eth0
${macs.map((mac) => `Unicast reply from 172.25.254.100 [${mac}]  1.234ms\n`).join("")}Sent 3 probes (3 broadcast(s))
Received ${macs.length} response(s)
`;
const answers = (output: string, status = 0) => arpAnswers(new RecordedView(live, () => ({ output, status })), vip);

it.each<[string, string[], string[]]>([
  ["nobody", [], []],
  ["one, however often", ["server1", "server1", "server1"], ["server1"]],
  ["everyone who answers, not the quickest alone, sorted", ["server3", "server1", "server3"], ["server1", "server3"]],
])("%s", async (_, names, expected) => {
  expect(await answers(printed(...names.map(macOf)), names.length > 0 ? 0 : 1)).toEqual(expected);
});

it("an unknown host, by its hardware address in lower case, and a server in either case", async () => {
  expect(await answers(printed("02:00:00:AA:BB:CC", macOf("server1").toLowerCase()))).toEqual([
    "02:00:00:aa:bb:cc",
    "server1",
  ]);
  const view = new RecordedView(live, () => "");
  expect(await hostOf(view, macOf("server2").toLowerCase(), "segment")).toBe("server2");
  expect(view.evidence).toEqual([]);
});

it("a server by an address that it has beside the lab's, as VRRP's virtual one: the bridge knows its port", async () => {
  // As `bridge fdb show` of iproute2 6.1 prints it.
  const fdb = `33:33:00:00:00:01 dev lvsbr0 self permanent
00:00:5e:00:01:33 dev vnet0 master lvsbr0
${macOf("server1").toLowerCase()} dev vnet0 master lvsbr0
fe:54:00:fe:fe:0b dev vnet0 master lvsbr0 permanent
${macOf("server2").toLowerCase()} dev vnet1 master lvsbr0
02:00:00:aa:bb:cc dev vnet9 master lvsbr0
`;
  const view = new RecordedView(live, (where) =>
    where === "segment" ? fdb : printed("00:00:5E:00:01:33", "02:00:00:AA:BB:CC", "02:00:00:AA:BB:DD"),
  );
  expect(await arpAnswers(view, vip)).toEqual(["02:00:00:aa:bb:cc", "02:00:00:aa:bb:dd", "server1"]);
  expect(view.evidence.find(({ where }) => where === "segment")?.command).toBe("bridge fdb show br lvsbr0");
});

it("asks by broadcast each time: after an answer arping would go on with its sender alone", async () => {
  const view = new RecordedView(live, () => printed());
  await arpAnswers(view, vip);
  expect(view.evidence.map(({ where, command }) => [where, command])).toEqual([
    ["client", "arping -b -c 3 -w 3 -I eth0 172.25.254.100"],
  ]);
});
