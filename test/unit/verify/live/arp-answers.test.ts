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
  expect(hostOf(new RecordedView(live, () => ""), macOf("server2").toLowerCase())).toBe("server2");
});

it("asks by broadcast each time: after an answer arping would go on with its sender alone", async () => {
  const view = new RecordedView(live, () => printed());
  await arpAnswers(view, vip);
  expect(view.evidence.map(({ where, command }) => [where, command])).toEqual([
    ["client", "arping -b -c 3 -w 3 -I eth0 172.25.254.100"],
  ]);
});
