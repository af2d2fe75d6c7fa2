import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect, it } from "vitest";
import { serviceAnswers, serviceQuestion } from "../../../../provision/roles/service.ts";
import { connectTo } from "../../../../provision/ssh/index.ts";
import { aRoot } from "./a-root.ts";

/** A server whose systemd loaded the unit before it was enabled, and says so for as long as the unit is loaded. */
async function aServer() {
  const { ref, at, program } = await aRoot();
  program("systemctl", "echo ActiveState=active; case $* in *UnitFileState*) echo UnitFileState=disabled ;; esac");
  const make = (path: string, target?: string) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    if (target === undefined) writeFileSync(at(path), "");
    else symlinkSync(target, at(path));
  };
  const seen = async () => serviceAnswers(await (await connectTo(ref)).look(serviceQuestion("apache2")));
  return { make, seen };
}

it("a service starts at boot by the link that `enable` makes, whatever systemd has in its memory", async () => {
  const { make, seen } = await aServer();
  expect(await seen()).toEqual({ running: true, enabled: false });
  make("/etc/systemd/system/multi-user.target.wants/apache2.service");
  expect(await seen()).toEqual({ running: true, enabled: true });
});

it("a masked service does not start at boot", async () => {
  const { make, seen } = await aServer();
  make("/etc/systemd/system/multi-user.target.wants/apache2.service");
  make("/etc/systemd/system/apache2.service", "/dev/null");
  expect(await seen()).toEqual({ running: true, enabled: false });
});
