/** A rehearsal as a user types it: directors come up with files of somebody's own, the master is broken, and everything is taken away. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../cli/pulumi.ts";
import { measured } from "./measured.ts";
import { expectNothingLeft } from "./nothing-left.ts";
import { TestStack } from "./stack.ts";

const stack = new TestStack("e2e-rehearse");
const folder = join(projectRoot, "rehearsals/web-pair");
afterAll(() => stack.remove());

describe("two directors with files of somebody's own", () => {
  test("`rehearse up` brings them up as they are", async () => {
    const { status, stderr } = await stack.lvs("rehearse up", folder);
    expect(status, stderr).toBe(0);
    expect(await stack.on("lb1", "cat /etc/keepalived/keepalived.conf")).toBe(
      readFileSync(join(folder, "lb1.conf"), "utf8"),
    );
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
