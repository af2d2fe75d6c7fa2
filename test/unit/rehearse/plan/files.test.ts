import { expect, test } from "vitest";
import { filesOf } from "../../../../rehearse/plan/files.ts";
import { aFolder, instance } from "../a-folder.ts";

/** What each director gets. */
function filesIn(files: Readonly<Record<string, string | Buffer>>) {
  const { folder } = aFolder(files);
  return Object.fromEntries(
    folder.configurations.map((configuration) => [configuration.director, filesOf(folder, configuration)]),
  );
}

const vrrp = instance(["192.0.2.100/24"]);

test("a configuration is keepalived.conf, whatever its file is called", () => {
  expect(filesIn({ "lb1.conf": vrrp, "lb2/keepalived.conf": vrrp })).toEqual({
    lb1: { "/etc/keepalived/keepalived.conf": { text: vrrp, executable: false } },
    lb2: { "/etc/keepalived/keepalived.conf": { text: vrrp, executable: false } },
  });
});

test("includes are where the configuration looks for them", () => {
  const text = `${vrrp}include vips/*.conf\ninclude /opt/lb/services.conf\n`;
  expect(
    Object.keys(
      filesIn({
        "lb1/keepalived.conf": text,
        "lb1/vips/a.conf": "# a\n",
        "lb1/vips/b.conf": "# b\n",
        "lb1/services.conf": "# c\n",
      }).lb1 ?? {},
    ).sort(),
  ).toEqual([
    "/etc/keepalived/keepalived.conf",
    "/etc/keepalived/vips/a.conf",
    "/etc/keepalived/vips/b.conf",
    "/opt/lb/services.conf",
  ]);
});

test("scripts are at their absolute paths, or below /etc/keepalived; executable as in the folder", () => {
  const text = [
    'vrrp_script a {\nscript "/usr/local/bin/check.sh 10.0.0.0/8"\n}',
    'vrrp_script b {\nscript "scripts/other.sh"\n}',
    "vrrp_script c {\nscript /usr/bin/killall\n}",
    instance(["192.0.2.100/24"], { further: 'notify "/etc/keepalived/plain.sh a b"' }),
  ].join("\n");
  expect(
    filesIn({ "lb1.conf": text, "check.sh": "#!/bin/sh\n", "scripts/other.sh": "#!/bin/sh\n:\n", "plain.sh": "true\n" })
      .lb1,
  ).toEqual({
    "/etc/keepalived/keepalived.conf": { text, executable: false },
    "/usr/local/bin/check.sh": { text: "#!/bin/sh\n", executable: true },
    "/etc/keepalived/scripts/other.sh": { text: "#!/bin/sh\n:\n", executable: true },
    "/etc/keepalived/plain.sh": { text: "true\n", executable: false },
  });
});

test("each director has its own script where there are several, and the shared one else", () => {
  const text = `vrrp_script a {\nscript /etc/keepalived/check.sh\n}\n${vrrp}`;
  const found = filesIn({
    "lb1/keepalived.conf": text,
    "lb1/check.sh": "#!/bin/sh\n# one\n",
    "lb2/keepalived.conf": text,
    "check.sh": "#!/bin/sh\n# all\n",
  });
  expect(found.lb1?.["/etc/keepalived/check.sh"]?.text).toContain("one");
  expect(found.lb2?.["/etc/keepalived/check.sh"]?.text).toContain("all");
});

test("a script that a script names is there, too", () => {
  const text = `vrrp_script a {\nscript /etc/keepalived/check.sh\n}\n${vrrp}`;
  const check = "#!/bin/sh\n. /etc/keepalived/common.sh\nexec /usr/local/bin/inner.sh\n";
  expect(
    Object.keys(
      filesIn({ "lb1.conf": text, "check.sh": check, "common.sh": "a=1\n", "inner.sh": "#!/bin/sh\n" }).lb1 ?? {},
    ).sort(),
  ).toEqual([
    "/etc/keepalived/check.sh",
    "/etc/keepalived/common.sh",
    "/etc/keepalived/keepalived.conf",
    "/usr/local/bin/inner.sh",
  ]);
});

test("what is no text of UTF-8 is the same bytes there: a comment in Latin-1, a program", () => {
  const old = Buffer.from(`# für alle\n${vrrp}`, "latin1");
  const program = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0x0a]);
  const files = {
    "lb1.conf": old,
    "lb2.conf": `# für alle\n${vrrp}vrrp_script c {\nscript /opt/check\n}\n`,
    check: program,
  };
  const { lb1, lb2 } = filesIn(files);
  expect(lb1).toEqual({
    "/etc/keepalived/keepalived.conf": { text: old.toString("base64"), base64: true, executable: false },
  });
  expect(lb2).toEqual({
    "/etc/keepalived/keepalived.conf": { text: files["lb2.conf"], executable: false },
    "/opt/check": { text: program.toString("base64"), base64: true, executable: false },
  });
});
