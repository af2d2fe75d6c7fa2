// @ts-check
/** An SSH server at port 22 that stands for a guest's: takes one key for root and runs commands in bash, where
 * journalctl prints the words that it was given. Its keys come on standard input, as JSON. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import ssh2 from "ssh2";

/** @type {{ hostKey: string, authorized: string }} */
const { hostKey, authorized } = JSON.parse(await text(process.stdin));
const key = ssh2.utils.parseKey(authorized);
if (key instanceof Error) throw key;

const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
  client.on("error", () => {});
  client.on("authentication", (attempt) => {
    const known = attempt.method === "publickey" && key.getPublicSSH().equals(attempt.key.data);
    // Without a signature the client only asks whether the key would do.
    const signed =
      known &&
      (attempt.signature === undefined || key.verify(attempt.blob ?? Buffer.alloc(0), attempt.signature) === true);
    if (signed) attempt.accept();
    else attempt.reject(["publickey"]);
  });
  client.on("session", (accept) => {
    const session = accept();
    session.on("pty", (acceptPty) => acceptPty?.());
    session.on("exec", (acceptExec, _reject, { command }) => {
      const channel = acceptExec();
      const child = spawn("bash", ["-c", `journalctl() { printf '<%s>' "$@"; }; ${command}`]);
      channel.pipe(child.stdin);
      child.stdin.on("error", () => {});
      child.stdout.pipe(channel, { end: false });
      child.stderr.pipe(channel.stderr, { end: false });
      channel.on("close", () => child.kill());
      child.on("close", (code) => {
        channel.exit(code ?? 255);
        channel.end();
      });
    });
  });
});
server.listen(22, () => console.log("up"));
