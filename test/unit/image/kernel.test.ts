import { describe, expect, test } from "vitest";
import { kernelCommandLine, libvirtCommandLine } from "../../../provision/host/image/kernel.ts";

describe.each(["kvm", "qemu"] as const)("the kernel's command line under %s", (acceleration) => {
  test("is in libvirt's form the same words: settings by name, the others joined", () => {
    const [settings = {}, bare = {}] = libvirtCommandLine(acceleration);
    const words = [
      ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
      ...(bare._ ?? "").split(" "),
    ];
    expect(words.toSorted()).toEqual(kernelCommandLine(acceleration).toSorted());
    expect(settings).toMatchObject({ root: "/dev/vda", panic: "10" });
  });

  test("takes random addresses away only from guests that are emulated", () => {
    expect(kernelCommandLine(acceleration).includes("norandmaps")).toBe(acceleration === "qemu");
  });
});
