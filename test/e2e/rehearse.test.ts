/** A rehearsal as a user types it: directors come up with files of somebody's own, the master is broken, and everything is taken away. */
import { chmodSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../cli/pulumi.ts";
import { scratchDirectory } from "../scratch.ts";
import { measured } from "./measured.ts";
import { expectNothingLeft } from "./nothing-left.ts";
import { TestStack } from "./stack.ts";

const stack = new TestStack("e2e-rehearse");
const folder = await withNotification(join(projectRoot, "rehearsals/web-pair"));
afterAll(() => stack.remove());

/** A copy of a folder, whose directors tell the journal as whom they run a script: as a user that Debian has not. */
async function withNotification(shipped: string): Promise<string> {
  const copy = join(await scratchDirectory("rehearse-"), "web-pair");
  cpSync(shipped, copy, { recursive: true });
  writeFileSync(join(copy, "tell.sh"), '#!/bin/sh\nlogger --tag tell -- "$(id --user --name) $(id --group --name)"\n');
  chmodSync(join(copy, "tell.sh"), 0o755);
  for (const name of ["lb1.conf", "lb2.conf"]) {
    const file = join(copy, name);
    const text = readFileSync(file, "utf8");
    writeFileSync(
      file,
      text.replace("virtual_ipaddress", "notify_master /etc/keepalived/tell.sh teller ops\n    virtual_ipaddress"),
    );
  }
  return copy;
}

describe("two directors with files of somebody's own", () => {
  test("`rehearse up` brings them up as they are", async () => {
    const { status, stderr } = await stack.lvs("rehearse up", folder);
    expect(status, stderr).toBe(0);
    expect(await stack.on("lb1", "cat /etc/keepalived/keepalived.conf")).toBe(
      readFileSync(join(folder, "lb1.conf"), "utf8"),
    );
  });

  test("a user and a group that the configurations name are there: keepalived runs its script as them", async () => {
    await expect.poll(() => stack.on("lb1", "journalctl --identifier tell --output cat")).toBe("teller ops\n");
    expect(await stack.on("lb2", "getent passwd teller")).toMatch(/^teller:.*:\/usr\/sbin\/nologin\n$/);
    // keepalived names what it does not find.
    expect(await stack.on("lb1", "journalctl --unit keepalived --output cat")).not.toContain("does not exist");
  });

  test("`rehearse run` holds the outage of a crash against what VRRP promises", measured, async () => {
    const options = ["--only", "crash", "--keep", "--junit", "--report", stack.reports];
    const { status, stdout, stderr } = await stack.lvs("rehearse run", folder, ...options);
    expect(stdout, stderr).toMatch(/^✓ {2}crash .* 2609 to 3609 ms /m);
    expect(status, stdout).toBe(0);
    const xml = readFileSync(join(stack.reports, "junit.xml"), "utf8");
    expect(xml.match(/<testsuite /g)).toHaveLength(1);
    expect(xml).not.toContain("<failure");
  });

  test("`down` leaves nothing", async () => {
    expect((await stack.lvs("down")).status).toBe(0);
    await expectNothingLeft(stack);
  });
});
