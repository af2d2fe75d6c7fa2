import { describe, expect, it } from "vitest";
import { arpCure } from "../../../../verify/checks/arp-cure.ts";
import { realServerVip } from "../../../../verify/checks/real-server-vip.ts";
import { requestTo, takesPackets } from "../../../../verify/live/reception.ts";
import { type Answer, aLiveLab, RecordedView } from "../a-live-lab.ts";
import { serviceOf, withService } from "../other-labs.ts";

const dr = await aLiveLab("dr");
const udp = { ...dr, lab: withService(dr.lab, { protocol: "udp", port: 5353 }) };
const dropped = { output: "RTNETLINK answers: No route to host\n", status: 2 };

/** A view of server2, which has not got the VIP, whose answers to requests are these. */
const view = (live: typeof dr, answer: Answer) =>
  new RecordedView(live, (where, command) => (where === "segment" ? answer : command.startsWith("ip ") ? dropped : ""));

describe("a request that the lab host sends to a real server", () => {
  it("is made by the service's protocol", async () => {
    const by = async (live: typeof dr) =>
      (await requestTo(view(live, "server2\n"), "server2", serviceOf(live.lab))).command;
    expect(await by(dr)).toContain("http://172.25.254.100:80/");
    expect(await by(udp)).toMatch(/\/dev\/udp\/.* ask 172\.25\.254\.100 5353 1$/m);
  });

  it("is one for two checks that ask at the same time, and evidence of both", async () => {
    let asked = 0;
    const one = () =>
      new RecordedView(dr, (where) => {
        if (where === "segment") asked++;
        return { output: "", status: where === "segment" ? 28 : 2 };
      });
    const views = [one(), one()];
    const service = serviceOf(dr.lab);
    const [first, second] = await Promise.all(views.map((each) => requestTo(each, "server2", service)));
    expect(asked).toBe(1);
    expect(first).toEqual(second);
    for (const { evidence } of views) expect(evidence).toEqual([first]);
  });
});

describe("a server without the VIP takes its packets", () => {
  it.each<[string, typeof dr, Answer, boolean]>([
    ["if it answers", dr, "server2\n", true],
    ["if it refuses: nobody listens so far", dr, { output: "", status: 7 }, true],
    ["not if it drops them", dr, { output: "", status: 28 }, false],
    ["if it answers a datagram", udp, "server2\n", true],
    ["if it refuses a datagram", udp, { output: "dd: error reading: Connection refused\n", status: 1 }, true],
    ["not if it drops datagrams", udp, { output: "", status: 124 }, false],
  ])("%s", async (_what, live, answer, takes) => {
    expect((await takesPackets(view(live, answer), "server2", serviceOf(live.lab))).takes).toBe(takes);
  });
});

it("real servers that need no VIP are not looked at for one", async () => {
  const { lab } = await aLiveLab("nat");
  for (const check of [realServerVip, arpCure]) {
    expect(check.appliesTo(lab)).toBe(false);
    expect(check.appliesTo(withService(dr.lab, { forwarding: "tunnel" }))).toBe(true);
    expect(check.appliesTo(udp.lab)).toBe(true);
  }
});
