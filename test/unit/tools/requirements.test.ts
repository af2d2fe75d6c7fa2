import { expect, test } from "vitest";
import { checkRequirements, isDebianFamily } from "../../../tools/setup/requirements.mjs";

const machine = {
  nodeVersion: "20.19.0",
  system: "linux x64",
  osRelease: 'NAME="Debian GNU/Linux"\nID=debian\n',
  uid: 0,
};

test("a Debian machine with the oldest Node that will do is accepted", () => {
  expect(() => checkRequirements(machine)).not.toThrow();
});

test.each([
  [{ nodeVersion: "20.18.3" }, /Node 20\.19 or newer is needed, this is 20\.18\.3/],
  [{ nodeVersion: "18.20.0" }, /Node 20\.19/],
  [{ system: "darwin arm64" }, /Linux on x86-64, this is darwin arm64/],
  [{ osRelease: "ID=fedora\n" }, /apt/],
  [{ uid: 1000 }, /need root: run it as `sudo/],
])("%o is refused", (change, message) => {
  expect(() => checkRequirements({ ...machine, ...change })).toThrow(message);
});

test.each(["ID=ubuntu\nID_LIKE=debian\n", 'ID=linuxmint\nID_LIKE="ubuntu debian"\n', 'ID="debian"\n'])(
  "%j is of Debian's family",
  (text) => {
    expect(isDebianFamily(text)).toBe(true);
  },
);
