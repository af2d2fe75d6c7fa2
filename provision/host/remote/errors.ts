import { sshWords } from "./machine-url.ts";

/** Another machine cannot be used, or its connection broke. The message ends with what to do. */
export class MachineError extends Error {
  override readonly name = "MachineError";
}

/** What ssh says, and what is to be done about it. The first that matches counts. */
const causes: readonly [RegExp, (words: string) => { problem: string; fix: string }][] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed/,
    (words) => ({
      problem: "its host key is not the one in your known_hosts",
      fix: `if the machine was set up anew, remove the old key as \`ssh ${words}\` says, and connect once by hand`,
    }),
  ],
  [
    /Host key verification failed|No \S+ host key is known/,
    (words) => ({
      problem: "its host key is unknown",
      fix: `\`ssh ${words}\` once, compare the key's fingerprint and accept it`,
    }),
  ],
  [
    /Permission denied|Too many authentication failures|no such identity/i,
    (words) => ({
      problem: "it accepts none of your keys",
      fix: `\`ssh-copy-id ${words}\`, or load the key (ssh-add): \`ssh -o BatchMode=yes ${words} true\` must work without a question`,
    }),
  ],
  [
    /Could not resolve hostname/,
    (words) => ({
      problem: "its name is unknown",
      fix: `correct the name, or add it to ~/.ssh/config: \`ssh ${words}\``,
    }),
  ],
  [
    /Connection refused|timed out|No route to host|Network is unreachable|Host is down/i,
    (words) => ({ problem: "it does not answer", fix: `see that it is up and that \`ssh ${words}\` works` }),
  ],
  [
    /Bad configuration option|Bad owner or permissions|terminating, \d+ bad configuration/,
    (words) => ({ problem: "ssh refuses its configuration", fix: `correct it until \`ssh ${words}\` works` }),
  ],
];

/**
 * The error for what ssh(1) printed before it gave up.
 * @param said its standard error
 */
export function connectionError(machine: string, said: string): MachineError {
  const words = sshWords(machine);
  // A socket of a master that is gone is not what is wrong.
  const lines = said.split("\n").map((line) => line.trim());
  const meant = lines.filter((line) => line !== "" && !line.startsWith("Control socket connect"));
  const last = meant.filter((line) => !line.startsWith("@")).at(-1);
  const found = causes.find(([pattern]) => pattern.test(meant.join("\n")))?.[1](words);
  const { problem, fix } = found ?? {
    problem: "the connection broke; what runs there runs on",
    fix: `see that \`ssh ${words}\` works, and run the command again`,
  };
  return new MachineError(`cannot use ${machine}: ${problem}${last ? ` (${last})` : ""}. Fix: ${fix}.`);
}

/** Of a machine that lacks something. */
export const lacking = (machine: string, problem: string, fix: string): MachineError =>
  new MachineError(`cannot use ${machine}: ${problem.replace(/\.$/, "")}. Fix, on that machine: ${fix}`);
