import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { basePackages, guestDirectory, imageKey, labPackages } from "../../../provision/host/image/recipe.ts";

describe("the recipe", () => {
  it("gives each variant a key of its own, the same one each time", async () => {
    const plain = await imageKey({ packages: "plain" });
    expect(plain).toMatch(/^[0-9a-f]{16}$/);
    expect(await imageKey({ packages: "plain" })).toBe(plain);
    expect(await imageKey({ packages: "baked" })).not.toBe(plain);
  });

  it("leaves the lab's packages out of the plain image", () => {
    expect(basePackages.filter((name) => labPackages.includes(name))).toEqual([]);
  });

  it("masks nothing that reboot, init scripts or settings of roles depend on", () => {
    const masked = readFileSync(join(guestDirectory, "masked-units"), "utf8").split("\n");
    for (const unit of [
      "system-generators/systemd-sysv-generator",
      "system/systemd-logind.service",
      "system/systemd-modules-load.service",
      "system/systemd-sysctl.service",
    ]) {
      expect(masked).not.toContain(unit);
    }
  });

  it("sets no file that is also masked", () => {
    const masked = readFileSync(join(guestDirectory, "masked-units"), "utf8").split("\n");
    for (const unit of masked.filter((line) => line && !line.startsWith("#"))) {
      expect(existsSync(join(guestDirectory, "overlay/etc/systemd", unit)), unit).toBe(false);
    }
  });
});
