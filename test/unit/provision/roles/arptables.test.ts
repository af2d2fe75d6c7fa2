import { expect, it } from "vitest";
import { parseArptables } from "../../../../provision/roles/arptables.ts";

it("the textbook's rules, as arptables 1.8.9 (nf_tables) prints them", () => {
  const printed = `Chain INPUT (policy ACCEPT)
-j DROP -d 172.25.254.100

Chain OUTPUT (policy ACCEPT)
-j mangle -s 172.25.254.100 --mangle-ip-s 172.25.254.12
`;
  expect(parseArptables(printed)).toEqual({
    INPUT: [{ "-j": "DROP", "-d": "172.25.254.100" }],
    OUTPUT: [{ "-j": "mangle", "-s": "172.25.254.100", "--mangle-ip-s": "172.25.254.12" }],
  });
});

it("rules in order, negated options and counters", () => {
  const printed = `Chain INPUT (policy DROP)
-j ACCEPT -i eth0 ! -s 172.25.254.1 , pcnt=3 -- bcnt=84
-j DROP -i * --h-length 6
`;
  expect(parseArptables(printed)).toEqual({
    INPUT: [
      { "-j": "ACCEPT", "-i": "eth0", "!-s": "172.25.254.1" },
      { "-j": "DROP", "-i": "*", "--h-length": "6" },
    ],
  });
});

it.each(["", "bash: line 1: arptables: command not found\n"])("no chain in %j", (printed) => {
  expect(parseArptables(printed)).toEqual({});
});
