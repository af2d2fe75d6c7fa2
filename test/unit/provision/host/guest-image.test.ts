import { expect, it } from "vitest";
import { guestImage } from "../../../../provision/host/guest-image.ts";

it("an image that was recorded without an operating system is of Debian 12", () => {
  expect(guestImage.upgrade?.({ packages: "baked", key: "k" })).toEqual({
    os: "debian-12",
    packages: "baked",
    key: "k",
  });
  const upgraded = { os: "debian-13", packages: "baked", key: "k" };
  expect(guestImage.upgrade?.(upgraded)).toEqual(upgraded);
});
