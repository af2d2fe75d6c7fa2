import { expect, it } from "vitest";
import { masterDownInterval, promisedOutage, skew } from "../../../lab/vrrp.ts";

const article = { version: 2, advertInterval: 1, priority: 50 } as const;

it("gives the textbook's standby 3.80 s, of which 0.80 s are its skew", () => {
  expect(skew(article)).toBeCloseTo(804.6875, 4);
  expect(masterDownInterval(article)).toBeCloseTo(3804.6875, 4);
});

it("agrees with the 3.609 s that is known for keepalived's default priority", () => {
  expect(masterDownInterval({ ...article, priority: 100 })).toBeCloseTo(3609.375, 4);
});

it("does not scale the skew by the advertisement interval in version 2", () => {
  expect(masterDownInterval({ ...article, advertInterval: 10 })).toBeCloseTo(30_804.6875, 4);
});

it("scales it in version 3: 0.361 s at 0.1 s and keepalived's default priority", () => {
  expect(masterDownInterval({ version: 3, advertInterval: 0.1, priority: 100 })).toBeCloseTo(360.9375, 4);
  expect(skew({ version: 3, advertInterval: 10, priority: 128 })).toBe(5000);
});

it("promises a band as wide as the advertisement interval after a crash, and the skew alone after a clean stop", () => {
  const { crash, cleanStop } = promisedOutage({ ...article, advertInterval: 2 });
  expect(crash.maximum).toBeCloseTo(6804.6875, 4);
  expect(crash.maximum - crash.minimum).toBe(2000);
  expect(cleanStop).toBeCloseTo(804.6875, 4);
});
