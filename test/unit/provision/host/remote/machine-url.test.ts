import { describe, expect, it } from "vitest";
import { formatMachineUrl, parseMachineUrl, sshWords } from "../../../../../provision/host/remote/machine-url.ts";

describe("a machine's URL", () => {
  it.each([
    ["ssh://box", { host: "box" }, "box"],
    ["ssh://alice@box", { host: "box", user: "alice" }, "alice@box"],
    [
      "ssh://alice@box.example.org:2222",
      { host: "box.example.org", user: "alice", port: 2222 },
      "-p 2222 alice@box.example.org",
    ],
    ["ssh://192.0.2.7:22", { host: "192.0.2.7", port: 22 }, "-p 22 192.0.2.7"],
    ["ssh://root@[2001:db8::7]:2222", { host: "[2001:db8::7]", user: "root", port: 2222 }, "-p 2222 root@2001:db8::7"],
    ["ssh://svc_1$@box/", { host: "box", user: "svc_1$" }, "svc_1$@box"],
  ])("%s is read, and written in one form", (text, parsed, words) => {
    expect(parseMachineUrl(text)).toEqual(parsed);
    expect(formatMachineUrl(parsed)).toBe(text.replace(/\/$/, ""));
    expect(sshWords(text)).toBe(words);
  });

  it.each([
    "box",
    "ssh://",
    "ssh:///path",
    "ssh://box/path",
    "ssh://alice:secret@box",
    "ssh://box:0",
    "ssh://box:65536",
    "ssh://-oProxyCommand=id",
    "ssh://-l@box",
    "ssh://box -v",
    "ssh://box;id",
    "ssh://a$(id)@box",
    "qemu+ssh://box",
    "SSH://box",
  ])("%s is none", (text) => {
    expect(parseMachineUrl(text)).toBeUndefined();
  });
});
