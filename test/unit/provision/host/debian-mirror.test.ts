import { describe, expect, it } from "vitest";
import { chooseMirror, debianSources } from "../../../../provision/host/machine/debian-mirror.ts";

const choose = (named: string | undefined, ...repositories: string[]) => {
  const { debian, security } = chooseMirror(named, repositories);
  return [debian.href, security.href];
};
const DEFAULTS = ["http://deb.debian.org/debian/", "http://deb.debian.org/debian-security/"];

describe("the mirror", () => {
  it("is the machine's own where that is a Debian, whatever its release", () => {
    expect(choose(undefined, "http://mirror.test/debian", "http://mirror.test/debian-security/")).toEqual([
      "http://mirror.test/debian/",
      "http://mirror.test/debian-security/",
    ]);
  });

  it("is Debian's default on any other machine, and without apt", () => {
    expect(choose(undefined)).toEqual(DEFAULTS);
    expect(
      choose(undefined, "http://archive.ubuntu.test/ubuntu/", "https://elsewhere.test/debian-multimedia/"),
    ).toEqual(DEFAULTS);
  });

  it("is the one that LVS_LAB_MIRROR names", () => {
    expect(choose("https://near.test/debian", "http://mirror.test/debian/")).toEqual([
      "https://near.test/debian/",
      DEFAULTS[1],
    ]);
  });

  it.each(["near.test/debian", "file:///srv/debian", "http://"])("is never %s, and says what to set", (named) => {
    expect(() => choose(named)).toThrow(/LVS_LAB_MIRROR is .*Fix: set it to the URL/);
  });
});

it("a release's sources are the release, its updates and its security updates, all verified", () => {
  const lines = debianSources(chooseMirror("http://mirror.test/debian", []), "bookworm");
  expect(lines.map((line) => line.replace(/ \[signed-by=\S+\]/, ""))).toEqual([
    "deb http://mirror.test/debian/ bookworm main",
    "deb http://mirror.test/debian/ bookworm-updates main",
    "deb http://deb.debian.org/debian-security/ bookworm-security main",
  ]);
  for (const line of lines) expect(line).toContain("signed-by=");
});
