import { expect, it } from "vitest";
import { masterDownInterval, promisedOutage, skew } from "../../../verify/vrrp.ts";

it("gives the textbook's standby 3.80 s, of which 0.80 s are its skew", () => {
  expect(skew(50)).toBeCloseTo(804.6875, 4);
  expect(masterDownInterval({ advertInterval: 1, priority: 50 })).toBeCloseTo(3804.6875, 4);
});

it("agrees with the 3.609 s that is known for keepalived's default priority", () => {
  expect(masterDownInterval({ advertInterval: 1, priority: 100 })).toBeCloseTo(3609.375, 4);
});

it("does not scale the skew by the advertisement interval: that is VRRPv3", () => {
  expect(masterDownInterval({ advertInterval: 10, priority: 50 })).toBeCloseTo(30_804.6875, 4);
});

it("promises a band as wide as the advertisement interval after a crash, and the skew alone after a clean stop", () => {
  const { crash, cleanStop } = promisedOutage({ advertInterval: 2, priority: 50 });
  expect(crash.maximum).toBeCloseTo(6804.6875, 4);
  expect(crash.maximum - crash.minimum).toBe(2000);
  expect(cleanStop).toBeCloseTo(804.6875, 4);
});
