import { existsSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { guestOses } from "../../../lab/index.ts";
import {
  basePackages,
  guestDirectory,
  imageKey,
  labPackages,
  releaseDirectories,
} from "../../../provision/host/image/recipe.ts";
import { osFamilies } from "../../../provision/os.ts";

describe("the recipe", () => {
  it("gives each variant a key of its own, the same one each time", async () => {
    const plain = await imageKey({ packages: "plain" });
    expect(plain).toMatch(/^[0-9a-f]{16}$/);
    expect(await imageKey({ packages: "plain" })).toBe(plain);
    expect(await imageKey({ packages: "baked" })).not.toBe(plain);
    expect(await imageKey({ packages: "plain", os: "debian-12" })).toBe(plain);
    expect(await imageKey({ packages: "plain", os: "debian-13" })).not.toBe(plain);
  });

  it("builds from the release of each operating system, and covers its own files alone", () => {
    expect(guestOses.map((os) => osFamilies[os].release.suite)).toEqual(["bookworm", "trixie"]);
    for (const directory of Object.values(releaseDirectories)) {
      expect(statSync(join(directory, "customize")).mode & 0o111).toBe(0o111);
      expect(relative(guestDirectory, directory)).toMatch(/^\.\./);
    }
  });

  it.each(guestOses)("leaves the lab's packages out of the plain image of %s", (os) => {
    const names = labPackages(os);
    expect(names.length).toBeGreaterThan(3);
    expect(basePackages(os).filter((name) => names.includes(name))).toEqual([]);
  });

  const maskedIn = (directory: string): string[] => {
    const lines = readFileSync(join(directory, "masked-units"), "utf8").split("\n");
    return lines.filter((line) => line && !line.startsWith("#"));
  };
  const directories = [guestDirectory, ...Object.values(releaseDirectories)];

  it.each(directories)("masks nothing that reboot, init scripts or settings of roles depend on: %s", (directory) => {
    const masked = maskedIn(directory);
    expect(masked.length).toBeGreaterThan(5);
    for (const unit of [
      "system-generators/systemd-sysv-generator",
      "system/systemd-logind.service",
      "system/systemd-modules-load.service",
      "system/systemd-sysctl.service",
    ]) {
      expect(masked).not.toContain(unit);
    }
  });

  it.each(directories)("sets no file that is also masked: %s", (directory) => {
    for (const unit of maskedIn(directory)) {
      expect(existsSync(join(guestDirectory, "overlay/etc/systemd", unit)), unit).toBe(false);
    }
  });
});
