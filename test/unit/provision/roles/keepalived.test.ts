import { expect, it } from "vitest";
import { keepalived } from "../../../../provision/roles/keepalived.ts";
import { secret, unwrap } from "../../../../provision/values.ts";

const recorded = { server: {}, config: "text", virtualServices: [], running: true, enabled: true };

it("of an earlier version calls no script, and has its passwords in a list", () => {
  const now = { ...recorded, notifyScript: "", programs: [] };
  expect(keepalived.upgrade?.({ ...recorded, passwords: ["1111"] })).toEqual({ ...now, passwords: ["1111"] });
  expect(unwrap(keepalived.upgrade?.({ ...recorded, password: secret("1111") }))).toEqual({
    ...now,
    passwords: ["1111"],
  });
  expect(keepalived.upgrade?.({ ...recorded, password: "" })).toEqual({ ...now, passwords: [] });
});

it("in the present form is left as it is", () => {
  const now = { ...recorded, passwords: [], notifyScript: "#!/bin/sh\n", programs: ["/bin/true"] };
  expect(keepalived.upgrade?.(now)).toEqual(now);
});
