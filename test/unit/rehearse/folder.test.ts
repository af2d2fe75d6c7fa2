import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { FolderError, readFolder } from "../../../rehearse/folder.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder with these files, in a directory of its own. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const parent = mkdtempSync(join(tmpdir(), "lvs-lab-folder-"));
  folders.push(parent);
  mkdirSync(join(parent, "folder"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(parent, "folder", path)), { recursive: true });
    writeFileSync(join(parent, "folder", path), text);
  }
  return join(parent, "folder");
}

const instance = "vrrp_instance VI_1 {\n}\n";

/** Each director with its files. */
const directorsOf = (folder: string) =>
  Object.fromEntries(readFolder(folder).configurations.map(({ director, files }) => [director, [...files.keys()]]));

describe("a folder has a director for", () => {
  test("each file NAME.conf", () => {
    expect(directorsOf(folderWith({ "lb2.conf": instance, "lb1.conf": instance, "notes.txt": instance }))).toEqual({
      ...{ lb1: ["lb1.conf"], lb2: ["lb2.conf"] },
    });
  });

  test("each folder NAME/keepalived.conf", () => {
    const files = {
      "lb1/keepalived.conf": `${instance}include d/*.conf\n`,
      "lb1/d/a.conf": "a",
      "lb2/keepalived.conf": instance,
    };
    expect(directorsOf(folderWith({ ...files, "lb3/other.conf": instance }))).toEqual({
      ...{ lb1: ["lb1/keepalived.conf", "lb1/d/a.conf"], lb2: ["lb2/keepalived.conf"] },
    });
  });

  test("each name that one file's conditions have", () => {
    const text = `${instance}@lb1 a\n@^lb2 b\n`;
    expect(Object.keys(directorsOf(folderWith({ "cluster.conf": text })))).toEqual(["lb1", "lb2"]);
    expect(Object.keys(directorsOf(folderWith({ "lb1.conf": text })))).toEqual(["lb1"]);
    expect(Object.keys(directorsOf(folderWith({ "lb1.conf": text, "lb2.conf": text })))).toEqual(["lb1", "lb2"]);
  });

  test("no file that another one includes, and none without a block of keepalived", () => {
    const files = { "lb1.conf": "include vips.conf\n", "vips.conf": instance, "haproxy.conf": "global\n" };
    expect(directorsOf(folderWith(files))).toEqual({ lb1: ["lb1.conf", "vips.conf"] });
  });
});

describe("a folder's includes are found", () => {
  const included = (pattern: string, ...others: string[]): readonly string[] =>
    readFolder(
      folderWith({
        "lb1/keepalived.conf": `${instance}include ${pattern}\n`,
        ...Object.fromEntries(others.map((file) => [file, "a"])),
      }),
    ).configurations.flatMap(({ files }) => [...files.keys()].slice(1));

  test.each([
    ["d/*", ["lb1/d/a", "lb1/d/b"], ["lb1/d/b", "lb1/d/a", "lb1/d/.c", "lb1/d/e/f"]],
    ["/etc/keepalived/d/a", ["lb1/d/a"], ["lb1/d/a", "d/a"]],
    ["/srv/a", ["lb1/srv/a"], ["lb1/srv/a"]],
    ["/etc/keepalived/d/a", ["d/a"], ["d/a"]],
    ["d/{b,a}", ["lb1/d/b", "lb1/d/a"], ["lb1/d/a", "lb1/d/b"]],
    ["{d/{a,c},b}.x", ["lb1/d/a.x", "lb1/b.x"], ["lb1/d/a.x", "lb1/b.x"]],
    ["d/**/a", ["lb1/d/e/a"], ["lb1/d/a", "lb1/d/e/a", "lb1/d/e/f/a"]],
    ["d/[^b]?", ["lb1/d/a1"], ["lb1/d/a1", "lb1/d/b1", "lb1/d/a11"]],
    ["d/+(a)", [], ["lb1/d/a"]],
    ["../lb2/a", ["lb2/a"], ["lb2/a"]],
    ["/other/place/a", ["lb1/a"], ["lb1/a"]],
  ])("%s: %j", (pattern, found, others) => {
    expect(included(pattern, ...others)).toEqual(found);
  });
});

describe("what is outside of a folder is never read", () => {
  test.each(["../secret", "/../secret", "d/../../secret"])("by an include of %s", (pattern) => {
    const folder = folderWith({ "lb1.conf": `${instance}include ${pattern}\n` });
    writeFileSync(join(folder, "../secret"), "secret");
    const [configuration] = readFolder(folder).configurations;
    expect([...(configuration?.files.keys() ?? [])]).toEqual(["lb1.conf"]);
    expect(configuration?.unread).toEqual([
      expect.objectContaining({ message: `no file of the folder is ${pattern}` }),
    ]);
  });

  test("by a link", () => {
    const folder = folderWith({ "lb1.conf": `${instance}include secret\ninclude inside\n`, real: "a" });
    writeFileSync(join(folder, "../secret"), "secret");
    symlinkSync("../secret", join(folder, "secret"));
    symlinkSync("real", join(folder, "inside"));
    const { configurations, find, texts } = readFolder(folder);
    expect(configurations[0]?.statements.map(({ keyword }) => keyword)).toEqual(["vrrp_instance", "a"]);
    expect(find("/usr/bin/secret", "lb1.conf")).toBeUndefined();
    expect(texts().map(({ file }) => file)).toEqual(["inside", "lb1.conf", "real"]);
  });
});

test("a script is found by its path on the director", () => {
  const folder = folderWith({
    "lb1/keepalived.conf": instance,
    "lb1/check.sh": "one",
    "lb2/keepalived.conf": instance,
    "lb2/usr/local/bin/check.sh": "two",
    "other.sh": "three",
  });
  chmodSync(join(folder, "lb1/check.sh"), 0o755);
  const { find } = readFolder(folder);
  expect(find("/etc/keepalived/check.sh", "lb1/keepalived.conf")).toMatchObject({
    file: "lb1/check.sh",
    text: "one",
    mode: 0o755,
  });
  expect(find("/usr/local/bin/check.sh", "lb2/keepalived.conf")).toMatchObject({
    file: "lb2/usr/local/bin/check.sh",
    mode: 0o644,
  });
  expect(find("/usr/local/bin/other.sh", "lb2/keepalived.conf")).toMatchObject({ file: "other.sh" });
  expect(find("/usr/bin/true", "lb1/keepalived.conf")).toBeUndefined();
});

test("a folder is as it was when its files were first read: all rules see the same", () => {
  const path = folderWith({ "lb1.conf": instance, "notes.txt": "before" });
  const folder = readFolder(path);
  const before = folder.texts();
  writeFileSync(join(path, "notes.txt"), "after");
  writeFileSync(join(path, "later.txt"), "");
  expect(before.map(({ file, text }) => [file, text])).toEqual([
    ["lb1.conf", instance],
    ["notes.txt", "before"],
  ]);
  expect(folder.texts()).toEqual(before);
});

describe("a folder that is none says what to do", () => {
  test.each([
    [
      "without a configuration",
      () => folderWith({ "notes.txt": instance }),
      /no configuration of keepalived\. Fix: put one file for each director into it/,
    ],
    ["that is not there", () => join(folderWith({}), "none"), /ENOENT.*Fix: name a folder with configurations/],
    [
      "that is a file",
      () => join(folderWith({ "lb1.conf": instance }), "lb1.conf"),
      /lb1\.conf is a file\. Fix: name the folder that it is in/,
    ],
  ])("%s", (_, folder, message) => {
    const path = folder();
    expect(() => readFolder(path)).toThrow(FolderError);
    expect(() => readFolder(path)).toThrow(message);
  });
});
