import { spawn } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { Pty } from "../../../../cli/guide/pty.ts";

let pty: Pty | undefined;
afterEach(async () => {
  await pty?.close();
});

const open = async (shell = "bash --norc"): Promise<Pty> => {
  const words = ["--quiet", "--return", "--command", shell, "/dev/null"];
  const child = spawn("script", words, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, TERM: "xterm" } });
  pty = await Pty.open(child, { seconds: 20 });
  return pty;
};

describe("a shell at a pseudo-terminal", () => {
  it("is typed into line by line, and says what it shows and how a command ended", async () => {
    const shell = await open();
    expect(await shell.type("tty; [ -t 0 ] && false", 20)).toEqual({
      shown: expect.stringMatching(/^\/dev\/pts\/\d+\n$/),
      status: 1,
    });
    expect(await shell.type("printf 'no newline'; (exit 7)", 20)).toEqual({ shown: "no newline", status: 7 });
    expect(await shell.type("for i in {1..3}; do echo $i; done # a comment", 20)).toEqual({
      shown: "1\n2\n3\n",
      status: 0,
    });
  });

  it("takes here-documents, with tabs that complete nothing, and lines longer than a terminal's", async () => {
    const shell = await open();
    const text = `one\n\ttab $HOME\n${"x".repeat(600)}`;
    expect(await shell.type(`cat <<'END' | md5sum; echo done\n${text}\nEND`, 20)).toEqual({
      shown: expect.stringMatching(/^[\da-f]{32} {2}-\ndone\n$/),
      status: 0,
    });
    const { shown } = await shell.type(`cat <<'END'\n${text}\nEND`, 20);
    expect(shown).toBe(`${text}\n`);
  });

  it("a command that gives no prompt, and one that ends the shell, are told with what is shown", async () => {
    const shell = await open();
    await expect(shell.type("echo waiting; sleep 30", 1)).rejects.toThrow(
      /within 1 s there was not the prompt after .*waiting/s,
    );
    await pty?.close();
    const other = await open();
    await expect(other.type("echo bye; exit 3", 20)).rejects.toThrow(/ended before .*bye/s);
    expect(other.ended).toBe(true);
  });
});
