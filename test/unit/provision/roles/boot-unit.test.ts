import { expect, it } from "vitest";
import { unitPath, unitText } from "../../../../provision/roles/boot-unit.ts";

const unit = {
  name: "lvs-example",
  description: "An example",
  start: ["-/sbin/first --clear", "/sbin/second"],
  stop: ["-/sbin/third"],
};

it("lies where the administrator's units do", () => {
  expect(unitPath(unit)).toBe("/etc/systemd/system/lvs-example.service");
});

it("runs the commands in order at boot, and counts as active from then on", () => {
  expect(unitText(unit)).toBe(`[Unit]
Description=An example
After=network.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=-/sbin/first --clear
ExecStart=/sbin/second
ExecStop=-/sbin/third

[Install]
WantedBy=multi-user.target
`);
});

it("may have nothing to undo", () => {
  expect(unitText({ ...unit, stop: [] })).not.toContain("ExecStop");
});
