import { spawn } from "node:child_process";
import { OWN_MACHINE } from "../../class/guide/step.ts";
import { CLIENT } from "../../provision/host/reach.ts";
import { projectRoot } from "../../provision/paths.ts";
import { type LiveLab, labHost } from "../../verify/live/live-lab.ts";
import { serverOf } from "../live-lab.ts";
import { startSsh } from "../open-ssh.ts";
import { Pty, type PtyOptions } from "./pty.ts";

/** A shell at a pseudo-terminal of script(1), which passes on what it is given. */
const SCRIPT = ["script", "--quiet", "--return", "--command", "bash --norc", "/dev/null"];

/**
 * Opens a shell at a pseudo-terminal: on a server as `lvs-lab ssh` does, as the client, or on this machine in the checkout.
 */
export async function openShell(live: LiveLab, place: string, options: PtyOptions): Promise<Pty> {
  const stdio = ["pipe", "pipe", "pipe"] as const;
  if (place === OWN_MACHINE) {
    const [file = "", ...args] = SCRIPT;
    return await Pty.open(
      spawn(file, args, { stdio: [...stdio], cwd: projectRoot, env: { ...process.env, TERM: "xterm" } }),
      options,
    );
  }
  // The terminal's kind reaches the server with the login: ssh(1).
  const env = { TERM: "xterm", PATH: process.env.PATH ?? "" };
  if (place === "client")
    return await Pty.open(labHost(live).spawn(CLIENT, SCRIPT, { stdio: [...stdio], env }), options);
  const login = { options: ["-tt"], settings: { ServerAliveInterval: 5 } };
  return await Pty.open(await startSsh(live, serverOf(live, place), login, { stdio: [...stdio], env }), options);
}
