import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../cli/pulumi.ts";
import type { MatrixResult } from "../../rehearse/report/result.ts";
import { changed, TestStack } from "../e2e/stack.ts";

/** A rehearsal on Debian 13, whose keepalived is 2.3: what its package and its rules for scripts have that Debian 12 has not. */
describe("two directors on Debian 13 with files of somebody's own", () => {
  const stack = new TestStack("rehearse-13");
  const folder = join(process.env.LVS_LAB_STATE ?? "", "rehearse-13");
  afterAll(() => stack.remove());

  test("come up, with a script that keepalived leaves out, and differ in nothing", async () => {
    cpSync(join(projectRoot, "rehearsals/web-pair"), folder, { recursive: true });
    const edit = (name: string, change: (text: string) => string) =>
      writeFileSync(join(folder, name), change(readFileSync(join(folder, name), "utf8")));
    edit("rehearsal.yaml", (text) => text.replace("os: debian-12", "os: debian-13"));
    for (const name of ["lb1.conf", "lb2.conf"])
      edit(name, (text) =>
        `vrrp_script chk {\nscript /bin/true\n}\n${text}`.replace(
          /^vrrp_instance .*\{$/m,
          "$&\ntrack_script {\nchk\n}",
        ),
      );
    const { status, stderr } = await stack.lvs("rehearse up", folder);
    expect(status, stderr).toBe(0);
    expect(stderr).toContain("Disabling track script chk due to insecure");
    expect(await stack.on("lb1", "keepalived --version 2>&1 | head -n 1")).toContain("v2.3.");
    expect(changed((await stack.pulumi("refresh", "--yes", "--skip-preview")).stdout)).toEqual([]);
  });

  test("keep their promise, and the report says that the script never runs", async () => {
    const words = ["--only", "crash", "script", "--keep", "--report", stack.reports];
    const { status, stdout, stderr } = await stack.lvs("rehearse run", folder, ...words);
    const reason = "keepalived leaves the script out: /bin/true leads through /bin, which is a link to /usr/bin";
    expect(stderr).toContain(`not run: script chk, 192.0.2.100:80: ${reason}`);
    expect(stdout, stderr).toMatch(/^✓ {2}crash .* 2609 to 3609 ms /m);
    expect(status, stdout).toBe(0);
    const { notRun, versions } = JSON.parse(readFileSync(join(stack.reports, "matrix.json"), "utf8")) as MatrixResult;
    expect(versions.directors.map(({ os }) => os)).toEqual(Array(2).fill(expect.stringContaining("13 (trixie)")));
    expect(notRun).toContainEqual({ service: "192.0.2.100:80", events: ["script chk"], reason });
  });
});
