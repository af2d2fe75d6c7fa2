import { describe, expect, it } from "vitest";
import { quotedCommand } from "../../../../lab/index.ts";
import { withCommandsFor } from "../../../../provision/roles/keepalived-commands.ts";

const line = (keyword: string, words: readonly string[]): string => `    ${keyword} ${quotedCommand(words)}\n`;

/** Words, and the line's text for keepalived 2.3.3: run by it, each was called with these arguments. */
const recorded: [string[], string][] = [
  [["/opt/argv", "plain", "a b", "it's", "x;y"], String.raw`"/opt/argv plain 'a b' it\'s x;y"`],
  [["/opt/argv", String.raw`back\slash`, "two  blanks"], String.raw`"/opt/argv back\\slash 'two  blanks'"`],
  [["/opt/argv", "-c", "logger 'quorum lost'"], String.raw`"/opt/argv -c logger\ \'quorum\ lost\'"`],
  [["/opt/argv", "#hash", "!bang", "a#b"], `"/opt/argv #hash !bang a#b"`],
  [["/opt/argv", "$HOME", "*", "~"], `"/opt/argv $HOME * ~"`],
  [["/opt/argv", "tr\\ail\\", "'q'"], String.raw`"/opt/argv tr\\ail\\ \'q\'"`],
];

describe.each(["script", "notify", "misc_path", "quorum_up", "quorum_down"])("%s", (keyword) => {
  it.each(recorded)("%j is quoted once for keepalived 2.3", (words, text) => {
    expect(withCommandsFor(line(keyword, words), "debian-13")).toBe(`    ${keyword} ${text}\n`);
    expect(withCommandsFor(line(keyword, words), "debian-12")).toBe(line(keyword, words));
  });
});

// keepalived 2.3.3 says of /bin/true: "Wrong file type found in script path '/bin/true'. Disabling track script b due to insecure".
it.each([
  ["/bin/sh", "/usr/bin/sh"],
  ["/sbin/ip", "/usr/sbin/ip"],
  ["/usr/bin/sh", "/usr/bin/sh"],
  ["/opt/bin/sh", "/opt/bin/sh"],
])("keepalived 2.3 runs %s as %s: it takes no path through a link", (program, path) => {
  expect(withCommandsFor(line("script", [program, "-c", "/bin/true"]), "debian-13")).toBe(
    `    script "${path} -c /bin/true"\n`,
  );
  expect(withCommandsFor(line("script", [program]), "debian-12")).toBe(`    script "${program}"\n`);
});

it("leaves everything else alone", () => {
  const text = String.raw`        regex "s[e]r\\Ser"
    interval 2
! script "\\x"
`;
  expect(withCommandsFor(text, "debian-13")).toBe(text);
});
