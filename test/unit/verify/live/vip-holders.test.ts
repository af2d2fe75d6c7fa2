import { expect, it } from "vitest";
import { holdersInWords, holdsVip } from "../../../../verify/live/vip-holders.ts";
import { aLiveLab } from "../a-live-lab.ts";
import { serviceOf } from "../other-labs.ts";

const { vip } = serviceOf((await aLiveLab("ha")).lab);

// What iproute2 6.1 prints.
const addresses = (
  held: string,
) => `1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
2: eth0    inet 172.25.254.11/24 brd 172.25.254.255 scope global eth0\\       valid_lft forever preferred_lft forever
2: eth0    inet ${held}/32 scope global eth0\\       valid_lft forever preferred_lft forever
`;

it("finds the VIP among a server's addresses, whole", () => {
  expect(holdsVip(vip, addresses("172.25.254.100"))).toBe(true);
  expect(holdsVip(vip, addresses("172.25.254.10"))).toBe(false);
  expect(holdsVip(vip, "")).toBe(false);
});

it("names nobody, too, and whoever could not be asked", () => {
  expect(holdersInWords({ holders: [] })).toBe("nobody");
  expect(holdersInWords({ holders: ["server1", "server4"] })).toBe("server1 and server4");
  expect(holdersInWords({ holders: ["server1"], unasked: ["server4"] })).toBe("server1 (server4 cannot be asked)");
});
