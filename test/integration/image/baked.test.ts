import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildGuestImage } from "../../../provision/host/image/build.ts";
import { labPackages } from "../../../provision/host/image/recipe.ts";
import { type RawGuest, rawGuest } from "./raw-guest.ts";

const minutes = 60_000;

describe("a guest of the baked image", { timeout: 2 * minutes }, () => {
  let directory: string;
  let guest: RawGuest;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "lvs-lab-image-"));
    guest = await rawGuest(await buildGuestImage({ packages: "baked" }), directory);
    await guest.reseed("first", "server1");
    await guest.start();
    await guest.waitForSsh(60);
  }, 10 * minutes);

  afterAll(async () => {
    await guest?.kill();
    if (directory) await rm(directory, { recursive: true, force: true });
  });

  it("has the lab's packages, so that nothing is left to install", async () => {
    const simulated = await guest.ssh(`apt-get install --simulate ${labPackages("debian-12").join(" ")}`);
    expect(simulated).toContain("0 upgraded, 0 newly installed, 0 to remove");
  });

  it("starts none of their services until they are enabled", async () => {
    const states = (verb: string) =>
      guest.ssh(`for unit in apache2 ipvsadm keepalived opensmtpd; do systemctl ${verb} $unit 2>/dev/null; done; true`);
    expect(new Set((await states("is-enabled")).split("\n"))).toEqual(new Set(["disabled"]));
    expect(new Set((await states("is-active")).split("\n"))).toEqual(new Set(["inactive"]));
    await guest.ssh("systemctl enable apache2 && systemctl start apache2");
    expect(await guest.ssh("curl --silent --output /dev/null --write-out '%{http_code}' http://localhost/")).toBe(
      "200",
    );
  });
});
