import { describe, expect, test } from "vitest";
import { electedOf, type GuestOs, type Lab, type VrrpInstance } from "../../../../lab/index.ts";
import { cellsOf, cellWords } from "../../../../rehearse/matrix/index.ts";
import { inferPlan } from "../../../../rehearse/plan/infer.ts";
import { labOfPlan } from "../../../../rehearse/plan/lab.ts";
import type { PlannedDirector } from "../../../../rehearse/plan/plan.ts";
import { neverRunIn } from "../../../../rehearse/plan/running.ts";
import { cellsLeftOut } from "../../../../rehearse/report/not-run.ts";
import { aFolder, instance, service } from "../a-folder.ts";

const vip = "192.0.2.100";

/** A rehearsal of two directors whose instances track one script. */
function rehearsed(
  os: GuestOs,
  script: string,
  { weight = "", settings = "", files = {}, check = "", own = 150 } = {},
  further: Partial<PlannedDirector> = {},
): { lab: Lab; instance: VrrpInstance; why: string[]; notRun: string[] } {
  const of = (priority: number, block: string) =>
    `global_defs {\n${settings}\n}\n${block}` +
    instance([`${vip}/24`], { priority, further: "track_script {\nchk\n}" }) +
    service(`${vip} 80`, [`192.0.2.21 80 {\n${check}\n}`, `192.0.2.22 80 {\n${check}\n}`]);
  const block = (command: string) => `vrrp_script chk {\nscript ${command}\n${weight}\n}\n`;
  const { folder, directors } = aFolder({
    "lb1.conf": of(own, block(script)),
    "lb2.conf": of(100, block(script)),
    ...files,
  });
  const inferred = inferPlan(folder, directors).plan;
  const plan = { ...inferred, os, directors: inferred.directors.map((one) => ({ ...one, ...further })) };
  const lab = labOfPlan("rehearse-x", plan, { folder, directors });
  const neverRun = neverRunIn(plan, { folder, directors });
  return {
    lab,
    instance: lab.vrrp[0] as VrrpInstance,
    why: [...new Set(neverRun.map(({ why }) => why))],
    notRun: cellsLeftOut(lab, cellsOf(lab), { directors, neverRun }).map(
      ({ events, reason }) => `${events.join(" ")}: ${reason}`,
    ),
  };
}

const eventsOf = ({ lab }: { readonly lab: Lab }): string[] => cellsOf(lab).map(cellWords);

describe("a script that keepalived leaves out", () => {
  const link = "/bin/true leads through /bin, which is a link to /usr/bin";

  test("is not tracked on Debian 13, where its path leads through a link, and is on Debian 12", () => {
    const before = rehearsed("debian-12", "/bin/true");
    expect(before.why).toEqual([]);
    expect(eventsOf(before)).toContain("script chk");
    const after = rehearsed("debian-13", "/bin/true");
    expect(after.why).toEqual([link]);
    expect(eventsOf(after).filter((one) => one.startsWith("script"))).toEqual([]);
    expect(after.instance.trackScripts).toBeUndefined();
    expect(after.notRun.filter((one) => one.includes("script"))).toEqual([
      `script chk: keepalived leaves the script out: ${link}`,
    ]);
    expect(eventsOf(rehearsed("debian-13", "/usr/bin/true"))).toContain("script chk");
  });

  test("runs there for another user than root", () => {
    expect(rehearsed("debian-13", "/bin/true", { settings: "script_user nobody" }).why).toEqual([]);
    expect(rehearsed("debian-13", "/bin/true", { weight: "user nobody" }).why).toEqual([]);
    expect(rehearsed("debian-13", "/bin/true", {}, { users: ["keepalived_script"] }).why).toEqual([]);
  });

  test("adds no weight, so that another director may be elected", () => {
    const files = (script: string) => ({ script, weight: "weight 60", own: 90 });
    const on = (os: GuestOs, script: string) => {
      const { own, weight } = files(script);
      const { lab } = rehearsed(os, script, { weight, own });
      return lab.vrrp.map((one) => [electedOf(one), ...one.members.map(({ priority }) => priority)]);
    };
    // Both have the script, so that its weight decides nothing: lb2 is above by 10 in any case.
    expect(on("debian-12", "/bin/true")).toEqual([["lb2", 100, 90]]);
    expect(on("debian-13", "/bin/true")).toEqual([["lb2", 100, 90]]);
    const uneven = (os: GuestOs) => {
      const text = (priority: number, command: string) =>
        `vrrp_script chk {\nscript ${command}\nweight 60\n}\n${instance([`${vip}/24`], { priority, further: "track_script {\nchk\n}" })}`;
      const { folder, directors } = aFolder({
        "lb1.conf": text(90, "/bin/true"),
        "lb2.conf": text(80, "/usr/bin/true"),
      });
      const plan = { ...inferPlan(folder, directors).plan, os };
      return labOfPlan("rehearse-x", plan, { folder, directors }).vrrp.map(electedOf);
    };
    expect(uneven("debian-12")).toEqual(["lb1"]);
    expect(uneven("debian-13")).toEqual(["lb2"]);
  });

  test.each<GuestOs>(["debian-12", "debian-13"])("is one that is not executable, or not in the folder: %s", (os) => {
    const files = { "chk.sh": "exit 0\n" };
    expect(rehearsed(os, "/etc/keepalived/chk.sh", { files }).why).toEqual(["chk.sh is not executable"]);
    const missing = rehearsed(os, "/etc/keepalived/chk.sh");
    expect(missing.why).toEqual(["/etc/keepalived/chk.sh is not in the folder"]);
    expect(eventsOf(missing)).not.toContain("script chk");
    expect(rehearsed(os, "/etc/keepalived/chk.sh", { files: { "chk.sh": "#!/bin/sh\n" } }).why).toEqual([]);
  });

  test("is none that keepalived finds in PATH, has from a package, or only opens", () => {
    for (const command of ["true", "/usr/bin/killall", '"</etc/keepalived/flag"', '"< /etc/keepalived/flag"'])
      expect(rehearsed("debian-13", command).why, command).toEqual([]);
  });

  test.each([
    ["whose user the plan does not give", { settings: "script_user checks" }, [], "there is no user checks"],
    ["whose own user the plan does not give", { weight: "user checks" }, [], "there is no user checks"],
    ["whose user is but a group of Debian's", { settings: "script_user staff" }, [], "there is no user staff"],
    ["with a user that no machine can have", { settings: "script_user 7of9" }, undefined, "there is no user 7of9"],
    ["with a group that no machine can have", { weight: "user nobody 33" }, undefined, "there is no group 33"],
    [
      "without a user, with enable_script_security",
      { settings: "enable_script_security" },
      undefined,
      "nothing names a user for it, and there is no user keepalived_script",
    ],
  ])("is one %s", (_title, of, users, why) => {
    const left = rehearsed("debian-12", "/usr/bin/true", of, users && { users });
    expect(left.why).toEqual([why]);
    expect(left.notRun).toContain(`script chk: keepalived leaves the script out: ${why}`);
    expect(left.instance.trackScripts).toBeUndefined();
  });

  test.each([
    ["whose user its configuration names", { settings: "script_user checks" }, undefined],
    ["whose user the plan gives", { weight: "user checks" }, ["checks"]],
    ["whose user every Debian has", { weight: "user nobody nogroup" }, []],
    ["without a user", {}, []],
    ["whose default user the plan gives", { settings: "enable_script_security" }, ["keepalived_script"]],
  ])("is none %s", (_title, of, users) => {
    expect(rehearsed("debian-12", "/usr/bin/true", of, users && { users }).why).toEqual([]);
  });

  test("is none whose user comes with a package", () => {
    const of = { settings: "script_user haproxy" };
    expect(rehearsed("debian-12", "/usr/bin/true", of, { users: [], packages: ["haproxy"] }).why).toEqual([]);
  });

  test("is read as the release reads it, which takes backslashes away once or twice", () => {
    const command = String.raw`"/usr/bin/test \"a b\" = \"a b\""`;
    const on = (os: GuestOs) => rehearsed(os, command).instance.trackScripts?.[0]?.command;
    expect(on("debian-12")).toEqual(["/usr/bin/test", "a b", "=", "a b"]);
    expect(on("debian-13")).toEqual(["/usr/bin/test", '"a', 'b"', "=", '"a', 'b"']);
  });
});

test("a real server whose MISC_CHECK keepalived leaves out has no health check", () => {
  const check = 'MISC_CHECK {\nmisc_path "/bin/true"\n}';
  expect(eventsOf(rehearsed("debian-12", "/usr/bin/true", { check })).join()).toMatch(/dead|hang|refuse/);
  const { lab, notRun } = rehearsed("debian-13", "/usr/bin/true", { check });
  expect(lab.services.map(({ healthCheck }) => healthCheck)).toEqual([undefined]);
  expect(notRun).toContain(
    "refuse dead hang all-refuse: keepalived leaves its health check out: /bin/true leads through /bin, which is a link to /usr/bin",
  );
});
