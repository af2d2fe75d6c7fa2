import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { directors, readLab, realServers } from "../../../../lab/index.ts";
import { projectRoot } from "../../../../provision/paths.ts";
import { mayMove } from "../../../../verify/faults/fault.ts";
import { faults } from "../../../../verify/faults/index.ts";
import { findFault } from "../../../../verify/faults/ledger.ts";
import { walk } from "../../../examples/walk.ts";

const labs = await Promise.all(["dr", "ha", "bare", "bare-ha"].map((name) => readLab(`labs/${name}.yaml`)));
/** A lab under keepalived that has something for every fault. */
const tracking = await readLab("labs/tracking.yaml");
const bfd = await readLab("labs/bfd.yaml");
/** The labs that a test brings up. */
const walked = await Promise.all(walk.map(({ lab }) => readLab(`labs/${lab}.yaml`)));
const ids = faults.map(({ id }) => id);

describe("the catalogue of faults", () => {
  it("lists every fault that is written, one a file and named as the file is", () => {
    const directory = join(projectRoot, "verify/faults");
    const written = readdirSync(directory)
      .map((file) => ({ file, text: readFileSync(join(directory, file), "utf8") }))
      .filter(({ text }) => /= defineFault[<(]/.test(text))
      .map(({ file, text }) => ({ file, ids: [...text.matchAll(/^ {2}id: "([\w-]+)",$/gm)].map(([, id]) => id) }));
    for (const one of written) expect(one.ids, one.file).toEqual([one.file.replace(/\.ts$/, "")]);
    expect(written.flatMap((one) => one.ids).sort()).toEqual(ids.toSorted());
  });

  it("finds one by its id, or says which there are", () => {
    for (const fault of faults) expect(findFault(fault.id)).toBe(fault);
    expect(() => findFault("power-of")).toThrow(/^there is no fault "power-of"; there are power-off, reboot, /);
  });
});

describe.each(faults)("$id", (fault) => {
  const { id, title, explains, byHand, parameters } = fault;

  it("has an id of its own, and words for who has never seen it", () => {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(ids.filter((one) => one === id)).toHaveLength(1);
    expect(title, "a phrase that a server's name completes").toMatch(/^[a-z]\S*( \S+)*[^.]$/);
    expect(explains).toMatch(/^(?!.*(undefined|\[object|\s\s)).{60,}\.$/);
    for (const text of [byHand.inject, byHand.heal]) expect(text).toMatch(/^(?!.*(undefined|\[object)).{5,}/);
  });

  it("needs no parameter, and takes none that it does not know", () => {
    expect(parameters.safeParse({}).error?.issues).toBeUndefined();
    expect(parameters.safeParse({ nosuch: 1 }).success).toBe(false);
  });

  it("can be put on servers that the lab has, or on its network", () => {
    for (const lab of labs) {
      const there = [...lab.servers, ...lab.networks].map(({ name }) => name);
      const targets = fault.targets(lab);
      expect(
        targets.filter((name) => !there.includes(name)),
        lab.name,
      ).toEqual([]);
      expect(new Set(targets).size, lab.name).toBe(targets.length);
    }
  });

  it("can be put on the same in a manual lab as in the one that it is to become", () => {
    const [dr, ha, bare, bareHa] = labs;
    if (!dr || !ha || !bare || !bareHa) throw new Error("a lab is missing");
    expect(fault.targets(bare)).toEqual(fault.targets(dr));
    expect(fault.targets(bareHa)).toEqual(fault.targets(ha));
  });

  it("can be put somewhere in a lab that a test brings up, and on a director if a master may go by it", () => {
    expect(walked.flatMap((lab) => fault.targets(lab))).not.toEqual([]);
    const lab = id === "bfd-loss" ? bfd : tracking;
    if (mayMove(fault))
      expect(fault.targets(lab)).toEqual(expect.arrayContaining(directors(lab).map(({ name }) => name)));
  });
});

it.each(labs)("what only keepalived has is put nowhere without it: $name", (lab) => {
  const places = (id: string) => findFault(id).targets(lab);
  const all = directors(lab).map(({ name }) => name);
  const keepalived = lab.control === "keepalived";
  for (const id of ["keepalived-stop", "keepalived-kill", "vrrp-kill", "partition"])
    expect(places(id), id).toEqual(keepalived ? all : []);
  expect(places("rogue-router")).toEqual(keepalived ? ["segment"] : []);
  for (const id of ["script-fail", "process-stop", "bfd-loss"]) expect(places(id), id).toEqual([]);
  for (const id of ["httpd-stop", "httpd-hang", "reject-port", "arp-answer"])
    expect(places(id), id).toEqual(realServers(lab).map(({ name }) => name));
  for (const id of ["power-off", "netem", "clock-skew"])
    expect(places(id), id).toEqual(lab.servers.map(({ name }) => name));
});
