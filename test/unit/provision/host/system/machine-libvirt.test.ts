import { expect, it } from "vitest";
import { mustMakeDisks, tooOld } from "../../../../../provision/host/system/machine-libvirt.ts";

const said = (daemon: string, qemu: string): string =>
  `Using library: libvirt 9.0.0\nUsing API: QEMU 9.0.0\n${qemu && `Running hypervisor: QEMU ${qemu}\n`}Running against daemon: ${daemon}\n`;

it.each([
  ["8.0.0", "6.0.0", undefined],
  ["11.3.0", "10.0.13", undefined],
  ["7.10.0", "8.2.0", "it is libvirt 7.10.0; labs need 8.0.0 or newer"],
  ["9.0.0", "5.2.0", "its QEMU is 5.2.0; labs need 6.0.0 or newer"],
  ["9.0.0", "", "it has no QEMU for its machines"],
])("libvirt %s with QEMU %s: %s", (daemon, qemu, problem) => {
  expect(tooOld(said(daemon, qemu))).toBe(problem);
});

it("a machine without qemu-img is refused: libvirtd could make no disk", () => {
  mustMakeDisks(() => true);
  expect(() => mustMakeDisks((name) => name !== "qemu-img")).toThrow(
    /no qemu-img\.\nFix: apt-get install .*qemu-utils/,
  );
});
