import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { CliError } from "../../../cli/exit-status.ts";
import { folderAt, folderOf, rehearsalStack, writePlan } from "../../../cli/rehearsal.ts";
import { FileError } from "../../../lab/index.ts";
import { isStackName } from "../../../provision/paths.ts";
import { instance, pathOf } from "../rehearse/a-folder.ts";

const vrrp = instance(["192.0.2.100/24"]);

/** The error of a call, whose status is that of a mistake of the command line. */
function mistake(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(CliError);
    expect((error as CliError).status).toBe(2);
    return (error as Error).message;
  }
  throw new Error("it ended well");
}

describe("the folder that a command line names", () => {
  const files = { "lb1.conf": vrrp, "lb2.conf": vrrp, "haproxy.conf": "global\n" };

  it("is itself, or that of all of its configurations", () => {
    const path = pathOf(files);
    expect(folderOf([path])).toBe(path);
    expect(folderOf([join(path, "lb1.conf"), join(path, "lb2.conf")])).toBe(path);
    // As a shell's *.conf has it.
    expect(folderOf([join(path, "haproxy.conf"), join(path, "lb1.conf"), join(path, "lb2.conf")])).toBe(path);
  });

  it("is above folders of one director each", () => {
    const path = pathOf({ "lb1/keepalived.conf": vrrp, "lb2/keepalived.conf": vrrp });
    expect(folderOf([join(path, "lb1/keepalived.conf"), join(path, "lb2/keepalived.conf")])).toBe(path);
  });

  it("is that of one configuration which is alone in it", () => {
    const path = pathOf({ "keepalived.conf": vrrp });
    expect(folderOf([join(path, "keepalived.conf")])).toBe(path);
  });

  it("is none where other configurations are in it, or where there are several", () => {
    const path = pathOf(files);
    const other = pathOf({ "lb2.conf": vrrp });
    expect(mistake(() => folderOf([join(path, "lb1.conf")]))).toMatch(
      /has other configurations, lb2\.conf\. Fix: put the directors' configurations into a folder of their own/,
    );
    expect(mistake(() => folderOf([join(path, "lb1.conf"), join(other, "lb2.conf")]))).toBe(
      `the configurations are in several folders, ${path}, ${other}. Fix: put the directors' configurations into a folder of their own, NAME.conf or NAME/keepalived.conf for each`,
    );
  });

  it("must be there, and have a configuration", () => {
    const path = pathOf({ "readme.txt": "a" });
    expect(mistake(() => folderAt(path))).toMatch(/no configuration of keepalived\. Fix: /);
    expect(mistake(() => folderAt(join(path, "gone")))).toMatch(/Fix: name a folder/);
    expect(mistake(() => folderAt(join(path, "readme.txt")))).toMatch(/is a file\. Fix: name the folder/);
  });
});

describe("the stack of a folder", () => {
  test.each([
    ["/srv/lb", "rehearse-lb"],
    ["/srv/lb/", "rehearse-lb"],
    ["/srv/Our LBs (new)", "rehearse-Our-LBs-new"],
    ["/srv/über", "rehearse-ber"],
    [`/srv/${"x".repeat(80)}`, `rehearse-${"x".repeat(31)}`],
    [`/srv/${"x".repeat(30)}..`, `rehearse-${"x".repeat(30)}`],
    ["/", "rehearse"],
  ])("%s is %s", (path, stack) => {
    expect(rehearsalStack(path)).toBe(stack);
    expect(isStackName(stack)).toBe(true);
  });

  test("of the current folder has its name", () => {
    expect(rehearsalStack(".")).toBe(`rehearse-${process.cwd().split("/").at(-1)}`);
  });
});

describe("init", () => {
  it("writes the plan, and tells what was assumed", () => {
    const path = pathOf({ "LB_1.conf": vrrp, "lb2.conf": vrrp });
    const said: string[] = [];
    writePlan(path, { say: (line) => said.push(line) });
    expect(said).toEqual([
      `${path}/rehearsal.yaml: written`,
      "  assumed, LB_1: eth0 has 192.0.2.11: its own address in 192.0.2.0/24 is not in the configurations",
      "  assumed, lb2: eth0 has 192.0.2.12: its own address in 192.0.2.0/24 is not in the configurations",
      "  assumed, client: requests come from the network of the virtual addresses",
      "  assumed, client: nginx answers on port 80 of 192.0.2.100: nothing in the folder says what does; put its configuration there, such as haproxy.cfg, or change services",
    ]);
    expect(readFileSync(join(path, "rehearsal.yaml"), "utf8")).toContain("  - name: LB_1\n");
  });

  it("keeps a plan that is there, unless it is told to replace it", () => {
    const path = pathOf({ "lb1.conf": vrrp, "rehearsal.yaml": "mine\n" });
    const say = () => {};
    expect(mistake(() => writePlan(path, { say }))).toBe(
      `${path}/rehearsal.yaml is there already. Fix: edit it, or replace it with --force`,
    );
    expect(readFileSync(join(path, "rehearsal.yaml"), "utf8")).toBe("mine\n");
    writePlan(path, { force: true, say });
    expect(readFileSync(join(path, "rehearsal.yaml"), "utf8")).toMatch(/^# What is around/);
  });

  it.each([
    ["directors whose servers would have one name", { "LB_1.conf": vrrp, "lb-1.conf": vrrp }, /it would be lb-1/],
    ["addresses that a rehearsal needs", { "lb1.conf": instance(["198.18.0.9/24"]) }, /outside of 198\.18\.0\.0\/24/],
    ["a file whose name has a blank", { "lb 1.conf": vrrp }, /Fix: name the director's file so/],
  ])("says what of its plan needs a hand: %s", (_, files, message) => {
    const path = pathOf(files as unknown as Record<string, string>);
    const writing = () => writePlan(path, { say: () => {} });
    expect(writing).toThrow(FileError);
    rmSync(join(path, "rehearsal.yaml"));
    expect(writing).toThrow(message);
  });
});
