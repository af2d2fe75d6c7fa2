import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stackNameRule } from "../../provision/paths.ts";
import { Checkout } from "./a-checkout.ts";

let checkout: Checkout;
beforeAll(async () => {
  checkout = await Checkout.make();
}, 60_000);
afterAll(() => checkout.remove());

/** Every command that is about a lab, with what else it wants. */
const commands = [
  ["up"],
  ["down"],
  ["status"],
  ["check"],
  ["grade"],
  ["failover"],
  ["scenario", "run", "director-down"],
  ["fault", "inject", "pause", "server1"],
  ["fault", "status"],
  ["heal"],
  ["soak"],
  ["ci"],
  ["ssh", "server1"],
  ["client"],
];

// Each run starts a Node of its own.
describe("a name that no stack can have", () => {
  it.each(commands)("is refused by %s %s, with the rule, before anything is made", async (...words) => {
    const [command = "", ...rest] = words.filter((word) => word !== undefined);
    const group = command === "scenario" || command === "fault" ? rest.splice(0, 1) : [];
    const { status, stdout, stderr } = await checkout.lvsLab(command, ...group, "-s", "..", ...rest);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^error: option '-s, --stack <name>' argument '\.\.' is invalid\. /);
    expect(stderr).toContain(stackNameRule);
    expect(existsSync(checkout.state)).toBe(false);
  });

  it("is refused from the environment too", async () => {
    const { status, stderr } = await checkout.lvsLabWith({ LVS_LAB_STACK: "../ha" }, "status");
    expect(status).toBe(2);
    expect(stderr).toContain("value '../ha' from env 'LVS_LAB_STACK' is invalid.");
  });

  it("is refused by the Pulumi program", async () => {
    expect((await checkout.pulumi("stack", "init", "..")).status).toBe(0);
    const { status, stdout } = await checkout.pulumi("preview", "--stack", "..", "--color", "never");
    expect(status).not.toBe(0);
    expect(stdout).toContain(
      `error: ".." is no valid stack name. ${stackNameRule}\n    Fix: pulumi stack rename NAME\n`,
    );
  });
});
