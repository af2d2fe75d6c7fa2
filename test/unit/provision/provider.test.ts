import { beforeEach, describe, expect, it } from "vitest";
import { LabProvider } from "../../../provision/provider.ts";
import { UnreachableError } from "../../../provision/ssh/errors.ts";
import { secret } from "../../../provision/values.ts";
import { Shelf, slotOn } from "./shelf.ts";

const URN = "urn:pulumi:ha::lvs-lab::lvs:index:Slot::top";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const wanted = { slot: "a", label: "book", lit: true };
const facts = { serial: "serial-of-a", combination: secret("serial-of-a-0") };

let shelf: Shelf;
let provider: LabProvider;
beforeEach(() => {
  shelf = new Shelf();
  provider = new LabProvider([slotOn(shelf)]);
});

describe("the resource", () => {
  it("is found by its type, also below a component", async () => {
    const below = "urn:pulumi:ha::lvs-lab::lab:index:Room$lvs:index:Slot::top";
    expect((await provider.create(below, wanted)).id).toMatch(/^top-[0-9a-f]{8}$/);
  });

  it("that is not there is answered with those that are", async () => {
    await expect(provider.check("urn:pulumi:ha::lvs-lab::lvs:index:Slots::top", {}, wanted)).rejects.toThrow(
      "the provider lvs has no resource lvs:index:Slots; known: Slot",
    );
  });
});

describe("check", () => {
  it("gives the inputs with their defaults", async () => {
    expect(await provider.check(URN, {}, { slot: "a", label: "book" })).toEqual({ inputs: wanted });
  });

  it("reports every failure by its property", async () => {
    const { failures } = await provider.check(URN, {}, { label: "b", lit: "yes" });
    expect(failures?.map(({ property }) => property).sort()).toEqual(["label", "lit", "slot"]);
    expect(failures?.find(({ property }) => property === "label")?.reason).toBe("must have at least two characters");
  });

  it.each([["known"], [UNKNOWN]])("refuses a property that is not the resource's, its value %s", async (value) => {
    const { failures } = await provider.check(URN, {}, { ...wanted, lable: value });
    expect(failures).toEqual([{ property: "(inputs)", reason: expect.stringContaining('"lable"') }]);
  });

  it("lets what a preview does not know yet pass, and checks the rest", async () => {
    const unknown = { slot: "a", label: UNKNOWN };
    expect(await provider.check(URN, {}, unknown)).toEqual({ inputs: { ...unknown, lit: true } });
    const { failures } = await provider.check(URN, {}, { ...unknown, lit: "yes" });
    expect(failures?.map(({ property }) => property)).toEqual(["lit"]);
  });

  it("checks what is in a secret, and keeps it secret", async () => {
    const { inputs } = await provider.check(URN, {}, { ...wanted, label: secret("book") });
    expect(inputs.label).toEqual(secret("book"));
    const { failures } = await provider.check(URN, {}, { ...wanted, label: secret("b") });
    expect(failures?.map(({ property }) => property)).toEqual(["label"]);
  });
});

describe("diff", () => {
  const olds = { ...wanted, ...facts };

  it("sees no change where there is none, without looking", async () => {
    expect(await provider.diff("id", URN, olds, { ...wanted, label: secret("book") })).toMatchObject({
      changes: false,
      replaces: [],
    });
    expect(shelf.verbs()).toEqual([]);
  });

  it.each([
    ["another value", { ...wanted, label: "vase" }],
    ["a value that is not known yet", { ...wanted, label: UNKNOWN }],
    ["a property that came", { ...wanted, password: "1111" }],
  ])("sees %s", async (_what, news) => {
    expect(await provider.diff("id", URN, olds, news)).toMatchObject({ changes: true, replaces: [] });
  });

  it("sees a property that went", async () => {
    expect(await provider.diff("id", URN, { ...olds, password: "1111" }, wanted)).toMatchObject({ changes: true });
  });

  it("asks for a replacement, the old one deleted first, where a property cannot change in place", async () => {
    expect(await provider.diff("id", URN, olds, { ...wanted, slot: "b" })).toEqual({
      changes: true,
      replaces: ["slot"],
      deleteBeforeReplace: true,
    });
  });

  describe("of what is watched", () => {
    beforeEach(() => {
      provider = new LabProvider([slotOn(shelf, { watch: true })]);
    });

    it("looks, with the facts of the last time", async () => {
      shelf.slots.set("a", { ...wanted, serial: "serial-of-a" });
      expect(await provider.diff("id", URN, olds, wanted)).toEqual({ changes: false });
      expect(shelf.calls).toEqual([
        { verb: "observe", inputs: { ...wanted, serial: "serial-of-a", combination: "serial-of-a-0" } },
      ]);
    });

    it("sees what has gone, and what a hand has changed", async () => {
      expect(await provider.diff("id", URN, olds, wanted)).toEqual({ changes: true });
      shelf.slots.set("a", { ...wanted, lit: false });
      expect(await provider.diff("id", URN, olds, wanted)).toEqual({ changes: true });
    });

    it("does not look where the inputs have changed anyway", async () => {
      await provider.diff("id", URN, olds, { ...wanted, label: "vase" });
      expect(shelf.verbs()).toEqual([]);
    });
  });
});

describe("create", () => {
  it("looks, applies, and looks again", async () => {
    const { id, outs } = await provider.create(URN, wanted);
    expect(id).toMatch(/^top-/);
    expect(shelf.verbs()).toEqual(["observe", "apply", "observe"]);
    expect(outs).toEqual({ ...wanted, ...facts });
  });

  it("applies nothing where all is as wanted", async () => {
    shelf.slots.set("a", { label: "book", lit: true, serial: "serial-of-a" });
    expect((await provider.create(URN, wanted)).outs).toEqual({ ...wanted, ...facts });
    expect(shelf.verbs()).toEqual(["observe"]);
  });

  it("hands the resource plain values, and gives Pulumi its secrets back wrapped", async () => {
    const { outs } = await provider.create(URN, { ...wanted, password: secret("1111") });
    expect(shelf.slots.get("a")?.password).toBe("1111");
    expect(outs?.password).toEqual(secret("1111"));
  });

  it("fails where it still differs, and says in what; what is there is recorded as half made", async () => {
    shelf.sticky = true;
    shelf.slots.set("a", { label: "vase", password: "1111", serial: "serial-of-a" });
    const error = await provider.create(URN, { ...wanted, password: secret("2222") }).catch((reason) => reason);
    expect(error.message).toBe('top was applied but still differs:\n  label: wanted "book", found "vase"');
    expect(error.id).toMatch(/^top-/);
    expect(error.reasons).toEqual([error.message]);
    expect(error.properties).toEqual({ ...wanted, label: "vase", password: secret("2222"), ...facts });
  });

  it("that breaks off in the middle carries what is there, its secrets wrapped and its gaps left out", async () => {
    shelf.breaks = new Error("the shelf gave way");
    const error = await provider.create(URN, { ...wanted, password: secret("2222") }).catch((reason) => reason);
    expect(error.reasons).toEqual(["the shelf gave way"]);
    expect(error.properties).toStrictEqual({ slot: "a", label: "book", ...facts });
  });

  it("that leaves nothing behind is a plain failure", async () => {
    shelf.breaks = new Error("the shelf gave way");
    const definition = { ...slotOn(shelf), observe: async () => undefined };
    const error = await new LabProvider([definition]).create(URN, wanted).catch((reason) => reason);
    expect(error).toBe(shelf.breaks);
    expect(error).not.toHaveProperty("id");
  });

  it("keeps the first error where the look after it fails too", async () => {
    shelf.breaks = new Error("the shelf gave way");
    const definition = slotOn(shelf);
    const error = await new LabProvider([
      {
        ...definition,
        apply: async (...given) => {
          shelf.unreachable = new Error("and the light went out");
          await definition.apply(...given);
        },
      },
    ])
      .create(URN, wanted)
      .catch((reason) => reason);
    expect(error.message).toBe("the shelf gave way");
  });

  it("takes the resource's own word for what it made, where it gives one", async () => {
    const definition = {
      ...slotOn(shelf),
      observe: async () => undefined,
      apply: async () => ({ label: "book", lit: true, serial: "7", combination: "7-0" }) as never,
    };
    const { outs } = await new LabProvider([definition]).create(URN, wanted);
    expect(outs).toEqual({ ...wanted, serial: "7", combination: secret("7-0") });
  });

  it("leaves out a fact that was not found: the wire has no undefined", async () => {
    shelf.slots.set("a", { label: "book", lit: true });
    const definition = { ...slotOn(shelf), observe: async () => ({ label: "book", lit: true }) as never };
    expect((await new LabProvider([definition]).create(URN, wanted)).outs).toStrictEqual(wanted);
  });
});

describe("update", () => {
  it("brings the new inputs about, and passes on the facts of the last time, plain", async () => {
    const { outs } = await provider.create(URN, wanted);
    shelf.calls.length = 0;
    const news = { ...wanted, label: "vase" };
    expect((await provider.update("top-1", URN, outs ?? {}, news)).outs).toEqual({ ...news, ...facts });
    expect(shelf.verbs()).toEqual(["observe", "apply", "observe"]);
    for (const { inputs } of shelf.calls)
      expect(inputs).toMatchObject({ ...news, serial: "serial-of-a", combination: "serial-of-a-0" });
  });

  it("that breaks off in the middle keeps the resource's id", async () => {
    const { outs } = await provider.create(URN, wanted);
    shelf.breaks = new Error("the shelf gave way");
    const error = await provider
      .update("top-1", URN, outs ?? {}, { ...wanted, label: "vase", lit: false })
      .catch((reason) => reason);
    expect(error).toMatchObject({ id: "top-1", properties: { label: "vase", lit: true } });
  });
});

describe("read", () => {
  const state = { ...wanted, password: secret("1111"), ...facts };

  it("gives the state and the inputs as they are seen now, secrets wrapped", async () => {
    shelf.slots.set("a", { label: "vase", password: "2222", lit: true, serial: "serial-of-a" });
    const inputs = { ...wanted, label: "vase", password: secret("2222") };
    expect(await provider.read("top-1", URN, state)).toEqual({ id: "top-1", props: { ...inputs, ...facts }, inputs });
    expect(shelf.verbs()).toEqual(["observe"]);
  });

  it("leaves out a property that has gone", async () => {
    shelf.slots.set("a", { label: "book", lit: true, serial: "serial-of-a" });
    const { props, inputs } = await provider.read("top-1", URN, state);
    expect(props).not.toHaveProperty("password");
    expect(inputs).not.toHaveProperty("password");
  });

  it("gives no id for what has gone", async () => {
    expect((await provider.read("top-1", URN, state)).id).toBe("");
  });

  it("keeps the state of what cannot be reached", async () => {
    shelf.unreachable = new UnreachableError("server1", "172.25.254.11", 3, new Error("refused"));
    expect(await provider.read("top-1", URN, state)).toEqual({
      id: "top-1",
      props: state,
      inputs: { ...wanted, password: secret("1111") },
    });
  });

  it("fails with any other error", async () => {
    shelf.unreachable = new Error("the light went out");
    await expect(provider.read("top-1", URN, state)).rejects.toThrow("the light went out");
  });
});

describe("delete", () => {
  it("removes, with plain values, and again what has gone", async () => {
    const { outs } = await provider.create(URN, { ...wanted, password: secret("1111") });
    await provider.delete("top-1", URN, outs ?? {});
    await provider.delete("top-1", URN, outs ?? {});
    expect(shelf.slots.size).toBe(0);
    expect(shelf.calls.at(-1)).toMatchObject({ verb: "remove", inputs: { slot: "a", password: "1111" } });
  });
});
