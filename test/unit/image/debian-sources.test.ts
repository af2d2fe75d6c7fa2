import { describe, expect, it } from "vitest";
import { debianSources } from "../../../provision/host/image/debian-sources.ts";

const target = (uri: string, release: string, component = "main") => ({ uri, release, component });

describe("debianSources", () => {
  it("takes the host's own mirrors of the guest's release, and nothing else", () => {
    const lines = debianSources([
      target("http://mirror.test/debian/", "bookworm"),
      target("http://mirror.test/debian/", "bookworm"),
      target("http://mirror.test/debian/", "bookworm", "contrib"),
      target("http://mirror.test/debian-security/", "bookworm-security"),
      target("http://elsewhere.test/", "nodistro"),
    ]);
    expect(lines.map((line) => line.replace(/\[.*\] /, ""))).toEqual([
      "deb http://mirror.test/debian/ bookworm main",
      "deb http://mirror.test/debian-security/ bookworm-security main",
    ]);
  });

  it("says what to add when the host is of another release", () => {
    expect(() => debianSources([target("http://mirror.test/debian/", "trixie")])).toThrow(
      /no mirror of Debian bookworm/,
    );
  });
});
