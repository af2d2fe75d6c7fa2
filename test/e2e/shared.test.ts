/** What one lab under keepalived serves for: up once, it goes back to its snapshot where other tests begin. */
import { afterAll, expect, test } from "vitest";
import "./shared/serving.ts";
import "./shared/broken.ts";
import "./shared/idle-up.ts";
import "./shared/snapshots.ts";
import { expectNothingLeft } from "./nothing-left.ts";
import { stack } from "./shared/lab.ts";

afterAll(() => stack.remove());

test("`down` takes the lab away with its snapshots", async () => {
  await stack.served("ha-baked");
  const { snapshots } = JSON.parse((await stack.lvs("snapshots", "--json")).stdout);
  expect(snapshots).not.toEqual([]);
  expect((await stack.lvs("down")).status).toBe(0);
  await expectNothingLeft(stack);
});
