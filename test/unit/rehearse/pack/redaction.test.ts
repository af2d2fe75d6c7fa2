import { describe, expect, it } from "vitest";
import { Placeholders } from "../../../../rehearse/pack/placeholders.ts";
import { Redaction } from "../../../../rehearse/pack/redaction.ts";
import { aFolder } from "../a-folder.ts";

/** The files of a folder without secrets, with what is said of them. */
function redacted(files: Readonly<Record<string, string>>) {
  const { folder } = aFolder(files);
  const redaction = new Redaction();
  for (const configuration of folder.configurations) redaction.learnConfiguration(folder, configuration);
  const names = Object.keys(files).sort();
  for (const file of names) redaction.learnText(file, files[file] ?? "");
  const texts = Object.fromEntries(names.map((file) => [file, redaction.text(file, files[file] ?? "")]));
  const doubts = redaction.doubts.map(({ file, at, why }) => `${file}:${at}: ${why}`);
  return { texts, doubts, redaction, places: redaction.replaced.map(({ kind, file, at }) => `${file}:${at} ${kind}`) };
}

const conf = (authentication: string, further = "") => `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    authentication {
        auth_type PASS
        ${authentication}
    }
    virtual_ipaddress {
        192.0.2.100/24
    }
}
${further}`;

describe("placeholders", () => {
  const placeholders = new Placeholders();

  it("are the same for the same secret, and others for others, in lengths that tell little", () => {
    const one = placeholders.of("a");
    expect(placeholders.of("a")).toBe(one);
    expect(placeholders.of("b")).not.toBe(one);
    expect(
      [placeholders.of("c"), placeholders.of("x".repeat(9)), placeholders.of("x".repeat(500))].map(
        ({ length }) => length,
      ),
    ).toEqual([8, 16, 96]);
  });

  it("of an auth_pass keep what counts: more than eight bytes, and the first eight", () => {
    const [short, long, twin, other] = ["1111", "verysecretpass", "verysecXXXX", "verysecretword"].map((one) =>
      placeholders.ofPassword(one),
    ) as [string, string, string, string];
    expect(short).toHaveLength(8);
    expect([long.length, twin.length, other.length]).toEqual([14, 11, 14]);
    expect(long.slice(0, 8)).toBe(other.slice(0, 8));
    expect(long).not.toBe(other);
    expect(twin.slice(0, 8)).not.toBe(long.slice(0, 8));
    expect(placeholders.ofCounted("verysecr")).toBe(long.slice(0, 8));
    expect(placeholders.ofPassword("pässwörd")).toHaveLength(10);
  });
});

describe("secrets of configurations", () => {
  it("are replaced at their lines, the same by the same, and lines keep their numbers", () => {
    const { texts, places, doubts } = redacted({
      "lb1.conf": conf("auth_pass 1111"),
      "lb2.conf": conf('auth_pass "1111" # the same'),
      "lb3.conf": conf("auth_pass longer-than-eight"),
    });
    expect(texts["lb1.conf"]).toBe(conf("auth_pass hidden01"));
    expect(texts["lb2.conf"]).toBe(conf('auth_pass "hidden01" # the same'));
    expect(texts["lb3.conf"]).toBe(conf("auth_pass hidden02axxxxxxxx"));
    expect(places).toEqual(["lb1.conf:6 auth_pass", "lb2.conf:6 auth_pass", "lb3.conf:6 auth_pass"]);
    expect(doubts).toEqual([]);
  });

  it("are replaced where their parameter is defined, however short", () => {
    const files = {
      "lb1.conf": `$PW=ab\n@lb1 $OTHER=cd\n~LST(THIRD, ef) $X=1\n${conf("auth_pass ${PW}")}`,
    };
    const { texts, places, doubts } = redacted(files);
    expect(texts["lb1.conf"]).toBe(files["lb1.conf"].replace("$PW=ab", "$PW=hidden01"));
    expect(places).toEqual(["lb1.conf:1 auth_pass"]);
    expect(doubts).toEqual([]);
  });

  it("are replaced part by part where they are put together, and somebody is told", () => {
    const files = { "lb1.conf": `$SITE=paris\n${conf("auth_pass ${SITE}geheim")}` };
    const { texts, doubts } = redacted(files);
    expect(texts["lb1.conf"]).toBe(`$SITE=xxxxx\n${conf("auth_pass ${SITE}xxxxxx")}`);
    expect(doubts).toEqual([expect.stringMatching(/^lb1\.conf:7: the auth_pass is put together from parameters/)]);
  });

  it("are replaced in scripts and comments too, unless they are a word of the configuration", () => {
    const { texts, doubts } = redacted({
      "lb1.conf": conf("auth_pass gEh3imer", "# gEh3imer was chosen by Joe\n"),
      "lb2.conf": conf("auth_pass keepalived"),
      "chk.sh": "#!/bin/sh\nif [ $1 = gEh3imer ]; then\n/etc/keepalived/x gEh3imer2\nfi\n",
    });
    expect(texts["chk.sh"]).toBe("#!/bin/sh\nif [ $1 = hidden01 ]; then\n/etc/keepalived/x gEh3imer2\nfi\n");
    expect(texts["lb1.conf"]).toBe(conf("auth_pass hidden01", "# hidden01 was chosen by Joe\n"));
    expect(texts["lb2.conf"]).toBe(conf("auth_pass hidden02ax"));
    expect(doubts).toEqual([
      "chk.sh:3: the text of a secret (auth_pass) stands here as well, in a word or as a short one, and was left",
    ]);
  });
});

describe("secrets of scripts and other files", () => {
  it("are all there is in a file for secrets, and in a private key", () => {
    const key =
      "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\n  9w0BAQEFAASCBKcwggSj\r\n-----END PRIVATE KEY-----\nend\n";
    const { texts, places } = redacted({
      "lb1.conf": conf("auth_pass 1111"),
      "monitor.pw": "# of the monitor\nfoo bar\n",
      "check_password.sh": "#!/bin/sh\nexit 0\n",
      "tls.pem": key,
    });
    expect(texts["monitor.pw"]).toBe("# of the monitor\nhidden02\n");
    expect(texts["check_password.sh"]).toBe("#!/bin/sh\nexit 0\n");
    const lines = texts["tls.pem"]?.split("\n") ?? [];
    expect(lines).toHaveLength(key.split("\n").length);
    expect(lines[0]).toBe("-----BEGIN PRIVATE KEY-----");
    expect(lines[1]).toMatch(/^hidden03x+$/);
    expect(lines[2]).toBe(`  ${lines[1]}\r`);
    expect(lines.slice(3)).toEqual(["-----END PRIVATE KEY-----", "end", ""]);
    expect(places).toContain("tls.pem:1 private key");
  });

  it("leave a doubt where a line speaks of one, or has a long word that may be one", () => {
    const { doubts } = redacted({
      "lb1.conf": conf("auth_pass 1111", "# lint: allow password-too-long\n"),
      "chk.sh":
        "#!/bin/sh\n# the password is the usual one\nx aB3dE6gH9jK2mN5pQ8sT1vW4yZ7\ny 0123456789abcdef0123456789abcdef\n",
    });
    expect(doubts).toEqual([
      "chk.sh:2: it says `password`, and nothing was replaced",
      "chk.sh:3: a long word that may be a key, and was left",
      "chk.sh:4: a long word that may be a key, and was left",
    ]);
  });
});

describe("secrets of a report", () => {
  it("are replaced in every text of its data, and the rest is as it was", () => {
    const { redaction } = redacted({ "lb1.conf": conf("auth_pass gEh3imer") });
    const data = {
      "by gEh3imer": [1, null, true],
      steps: [{ seen: "auth_pass gEh3imer --password abc123", output: "the auth_pass of VI_1" }],
    };
    redaction.learnJson("result.json", data);
    expect(redaction.json("result.json", data)).toEqual({
      "by hidden01": [1, null, true],
      steps: [{ seen: "auth_pass hidden01 --password hidden02", output: "the auth_pass of VI_1" }],
    });
    expect(redaction.replaced.map(({ at }) => at)).toEqual([6, "", "/steps/0/seen", "/steps/0/seen"]);
    expect(redaction.survivorsIn(Buffer.from("xgEh3imerx"))).toEqual(["auth_pass"]);
    expect(redaction.survivorsIn(Buffer.from("abc"))).toEqual([]);
  });

  it("are also what keepalived sends of a longer password, as tcpdump prints it", () => {
    const { redaction } = redacted({
      "lb1.conf": conf("auth_pass gEheimer-than-eight"),
      "lb2.conf": conf("auth_pass keepalived"),
    });
    expect(redaction.json("result.json", 'VRRPv2, authtype simple "gEheimer"; keepalived; keepaliv')).toBe(
      'VRRPv2, authtype simple "hidden01"; keepalived; hidden02',
    );
    expect(redaction.doubts).toEqual([]);
  });
});
