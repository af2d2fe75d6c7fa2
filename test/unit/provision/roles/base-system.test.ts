import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { baseSystem, packageSources } from "../../../../provision/roles/base-system.ts";
import { closeConnections } from "../../../../provision/ssh/index.ts";
import { startSshServer } from "../ssh/ssh-server.ts";

it("a guest of Debian 12 has the package sources that it always had", () => {
  expect(packageSources("http://172.25.254.1:3142", "debian-12")).toEqual({
    pool: "# The lab's own packages, and nothing else: small lists make apt fast.\ndeb [trusted=yes] http://172.25.254.1:3142/pool ./\n",
    debian: `# All of Debian, through the cache on the lab host.
deb http://172.25.254.1:3142/debian bookworm main
deb http://172.25.254.1:3142/debian bookworm-updates main
deb http://172.25.254.1:3142/debian-security bookworm-security main
`,
  });
});

it("a guest of Debian 13 has a pool and a release of its own", () => {
  const { pool, debian } = packageSources("http://172.25.254.1:3142", "debian-13");
  expect(pool).toMatch(/^deb \[trusted=yes\] http:\/\/172\.25\.254\.1:3142\/pool-debian-13 \.\/$/m);
  expect(debian.match(/ (\S+) main$/gm)).toEqual([" trixie main", " trixie-updates main", " trixie-security main"]);
});

describe("cloud-init in a cloud image", () => {
  /** A cloud-init that says this and ends with that status. */
  async function aCloudInit(status: number): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), "lvs-lab-cloud-init-"));
    const asked = join(directory, "asked");
    await writeFile(join(directory, "cloud-init"), `#!/bin/sh\necho "$*" >>${asked}\nexit ${status}\n`, {
      mode: 0o755,
    });
    vi.stubEnv("PATH", `${directory}:${process.env.PATH}`);
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await closeConnections();
      await rm(directory, { recursive: true });
    });
    return asked;
  }

  const inputs = { generation: "1", hostname: "server1", hosts: {}, packageServer: "http://172.25.254.1:3142" };
  const observed = async (cloudInit: boolean): Promise<string[]> => {
    const said: string[] = [];
    const { ref } = await startSshServer();
    const seen = await baseSystem.observe({ server: ref, cloudInit, ...inputs }, (message) => said.push(message));
    expect(seen?.hostname).toBe(hostname());
    return said;
  };

  it("is awaited before anything is looked at", async () => {
    const asked = await aCloudInit(0);
    expect(await observed(true)).toEqual(["waiting for its first SSH login", "waiting for cloud-init to end"]);
    expect(await readFile(asked, "utf8")).toBe("status --wait --long\n");
  });

  it.each([1, 2])("may report an error, status %i: the login has proved what the lab needs", async (status) => {
    await aCloudInit(status);
    expect((await observed(true)).at(-1)).toMatch(/^cloud-init on server1 reports an error/);
  });

  it("must end", async () => {
    await aCloudInit(124); // timeout(1) has ended it
    await expect(observed(true)).rejects.toThrow(
      /^cloud-init on server1 has not ended within 60 s\. Fix: npx lvs-lab ssh/,
    );
  });

  it("is asked nothing in an image that is built", async () => {
    const asked = await aCloudInit(0);
    expect(await observed(false)).toEqual(["waiting for its first SSH login"]);
    expect(existsSync(asked)).toBe(false);
  });
});
