import { expect, it } from "vitest";
import { packageSources } from "../../../../provision/roles/base-system.ts";

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
