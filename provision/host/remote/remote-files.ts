import type { LabFiles } from "../files.ts";
import type { SshLink } from "./ssh-link.ts";

/** The files of a lab directory on another machine. */
export const remoteFiles = (link: SshLink, place: string): LabFiles => ({
  place,
  async read(path) {
    const { status, stdout, stderr } = await link.run([
      "sh",
      "-c",
      '[ -e "$1" ] || exit 3; exec cat -- "$1"',
      "sh",
      path,
    ]);
    if (status === 3) return undefined;
    if (status !== 0) throw new Error(`cannot read ${path} on ${link.machine}: ${stderr.trim()}`);
    return stdout;
  },
  async write(path, text) {
    const script = `set -e
      umask 077
      mkdir -p "\${1%/*}"
      cat >"$1.$$.new"
      mv -f "$1.$$.new" "$1"`;
    await link.sh(script, [path], { input: text });
  },
  async remove(path) {
    await link.sh('rm -rf -- "$1"', [path]);
  },
  async list(path) {
    const script = `find "$1" -mindepth 1 -maxdepth 1 -printf '%s %f\\n' 2>/dev/null || true`;
    const lines = (await link.sh(script, [path])).split("\n").filter(Boolean);
    return lines.map((line) => ({ name: line.slice(line.indexOf(" ") + 1), bytes: Number.parseInt(line, 10) }));
  },
  tail: (words) => link.spawn(["tail", ...words], { stdio: "inherit" }),
  async free() {
    return 1024 * Number((await link.sh('df -Pk "$1" | tail -n 1', [place])).trim().split(/\s+/)[3]);
  },
});
