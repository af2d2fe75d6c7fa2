import { describe, expect, it } from "vitest";
import { RemoteCommandError, UnreachableError } from "../../../../provision/ssh/index.ts";

const remote = (result: object, text = "apt-get update") =>
  new RemoteCommandError(
    "server2",
    text,
    { stdout: "", stderr: "", code: 1, signal: null, ms: 5, ...result },
    "/lab/transcripts/server2.log",
  ).message;

describe("a remote command's error", () => {
  it("names the server, the command, its status, what it printed last and where the rest is", () => {
    const message = remote({
      code: 100,
      stdout: Array.from({ length: 40 }, (_, line) => `line ${line + 1}\n`).join(""),
      stderr: "E: no network\n",
    });
    expect(message.split("\n")).toEqual([
      "server2: command ended with status 100:",
      "    apt-get update",
      "  last output:",
      ...Array.from({ length: 12 }, (_, line) => `    line ${line + 29}`),
      "    E: no network",
      "  Transcript of server2: /lab/transcripts/server2.log. To try the command by hand: npx lvs-lab ssh server2",
    ]);
  });

  it("says that nothing was printed", () => {
    expect(remote({ stdout: "\n", stderr: " " })).toContain("\n  no output.\n");
  });

  it("tells a signal from a connection that ended", () => {
    expect(remote({ code: null, signal: "SIGKILL" })).toContain("was ended by signal SIGKILL:");
    expect(remote({ code: null, signal: null })).toContain("was cut off: the connection closed:");
  });

  it("shortens a long script", () => {
    const message = remote({}, `${"x".repeat(600)}tail`);
    expect(message).toContain(`    ${"x".repeat(600)}…\n`);
    expect(message).not.toContain("tail");
  });
});

it("the error of a server that cannot be reached says what the last attempt met and what to try", () => {
  const cause = new Error("connect ECONNREFUSED");
  const error = new UnreachableError("server1", "172.25.254.11", 30, cause);
  expect(error.message).toMatch(
    /^server1 \(172\.25\.254\.11\) did not accept an SSH login within 30 s: connect ECONNREFUSED\. .*`pulumi refresh`/,
  );
  expect(error.cause).toBe(cause);
  expect(new UnreachableError("server1", "172.25.254.11", 30, "no").message).toContain("within 30 s: no.");
});
