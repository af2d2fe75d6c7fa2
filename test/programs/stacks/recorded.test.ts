import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { unitText } from "../../../provision/roles/boot-unit.ts";
import { unit as directorUnit, rules } from "../../../provision/roles/director.ts";
import { unit as realServerUnit } from "../../../provision/roles/real-server.ts";
import { declaredFor } from "./a-program.ts";

/**
 * What a guest sees of a lab, as the first version of the lab's model made it: machines, seeds, keepalived.conf, units. The units and the rules are
 * those of running servers, the rest is what the Pulumi program declared. A lab that is up must not change because the project did.
 */
const recorded = join(import.meta.dirname, "recorded");

/** What a role writes, by the end of the file's name. */
const written: Record<string, { type: string; role: string; text: (inputs: never) => string }> = {
  "keepalived.conf": { type: "Keepalived", role: "keepalived", text: ({ config }: { config: string }) => config },
  "lvs-real-server.service": {
    type: "RealServer",
    role: "real-server",
    text: (inputs) => unitText(realServerUnit(inputs)),
  },
  "lvs-director.service": { type: "Director", role: "director", text: (inputs) => unitText(directorUnit(inputs)) },
  "ipvsadm.rules": { type: "Director", role: "director", text: (inputs) => rules(inputs) },
};

describe.each(["dr", "ha", "bare", "bare-ha"])("%s is to the byte what it was", async (stack) => {
  const declared = await declaredFor(stack);
  const files = (await readdir(join(recorded, stack))).filter((file) => file !== "machines.json");

  it("machines, networks, disks and seeds", async () => {
    const machines = declared
      .filter(({ type }) => type.startsWith("libvirt:") || type === "lvs:index:SeedImage")
      .map(({ type, name, inputs }) => ({ type, name, inputs }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
    expect(machines).toEqual(JSON.parse(await readFile(join(recorded, stack, "machines.json"), "utf8")));
  });

  it.each(files)("%s", async (file) => {
    const [server = "", ...rest] = file.split(".");
    const { type, role, text } = written[rest.join(".")] ?? {};
    const made = declared.find((one) => one.type === `lvs:index:${type}` && one.name === `${server}-${role}`);
    expect(text?.(made?.inputs as never)).toBe(await readFile(join(recorded, stack, file), "utf8"));
  });

  it("every role that writes such a file is looked at", () => {
    const types = new Set(Object.values(written).map(({ type }) => `lvs:index:${type}`));
    const servers = declared.filter(({ type }) => types.has(type)).map(({ name }) => name.split("-")[0]);
    expect(new Set(files.map((file) => file.split(".")[0]))).toEqual(new Set(servers));
  });
});
