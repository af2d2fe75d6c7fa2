import { runtime } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { hasUnknown, secret, unwrap, wrapLike } from "../../../provision/values.ts";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("secret and unwrap", () => {
  it("mark a value as Pulumi's own runtime does, and take the mark off", () => {
    expect(runtime.isRpcSecret(secret("1111"))).toBe(true);
    expect(runtime.unwrapRpcSecret(secret("1111"))).toBe("1111");
    expect(unwrap(secret("1111"))).toBe("1111");
  });

  it("reach secrets at any depth, and secrets in secrets", () => {
    expect(unwrap({ list: [secret({ inner: secret(1) }), 2], plain: { key: secret(null) } })).toEqual({
      list: [{ inner: 1 }, 2],
      plain: { key: null },
    });
  });

  it("leave plain values as they are", () => {
    for (const value of ["", 0, false, null, undefined, "text"]) expect(unwrap(value)).toBe(value);
  });
});

describe("hasUnknown", () => {
  it("finds Pulumi's sentinel at any depth", () => {
    expect(runtime.unknownValue).toBe(UNKNOWN);
    for (const value of [UNKNOWN, [UNKNOWN], { a: { b: [1, UNKNOWN] } }, secret(UNKNOWN)])
      expect(hasUnknown(value), JSON.stringify(value)).toBe(true);
  });

  it("takes nothing else for it", () => {
    for (const value of ["unknown", "", null, undefined, 0, [], {}, { [UNKNOWN]: 1 }])
      expect(hasUnknown(value), JSON.stringify(value)).toBe(false);
  });
});

describe("wrapLike", () => {
  it("gives back the very original when nothing has changed", () => {
    const original = { password: secret("1111") };
    expect(wrapLike(original, { password: "1111" })).toBe(original);
  });

  it("makes another value secret if anything in the original was", () => {
    expect(wrapLike(secret("1111"), "2222")).toEqual(secret("2222"));
    expect(wrapLike({ name: "server1", key: secret("k") }, { name: "server2", key: "k" })).toEqual(
      secret({ name: "server2", key: "k" }),
    );
    expect(wrapLike([secret("k")], [])).toEqual(secret([]));
  });

  it("leaves another value plain if the original was", () => {
    expect(wrapLike({ weight: 1 }, { weight: 2 })).toEqual({ weight: 2 });
    expect(wrapLike(undefined, "default")).toBe("default");
  });
});
