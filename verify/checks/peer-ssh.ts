import { directors, type Lab } from "../../lab/index.ts";
import type { Check } from "./check.ts";
import { eachDirector, underKeepalived } from "./subjects.ts";

/** No prompts and no stored keys: whether the host key is already known, and under which name, is not checked. */
const OPTIONS = [
  "BatchMode=yes",
  "ConnectTimeout=30",
  "StrictHostKeyChecking=no",
  "UserKnownHostsFile=/dev/null",
  "LogLevel=ERROR",
].flatMap((option) => ["-o", option]);

export const peerSsh: Check = {
  id: "peer-ssh",
  title: "The directors reach each other by SSH without a password",
  role: "director",
  proves:
    "Files can be copied between the directors without typing a password, so that a change of keepalived.conf on one reaches " +
    "the other.",
  grading: { keepalived: { points: 1 } },
  appliesTo: underKeepalived,
  subjects: eachDirector,
  expected: (lab, { host }) =>
    peersOf(lab, host)
      .map((name) => `ssh ${name} true: status 0`)
      .join("; "),
  byHand: (lab, { host }) => peersOf(lab, host).map((name) => `ssh ${name} true`),
  hint: (lab, { host }) =>
    `root on ${host} needs a key pair without a passphrase, and ${peersOf(lab, host).join(" and ")} its public key among those that root accepts ` +
    "(authorized_keys). Passwords are off here, so ssh-copy-id cannot bring it there: pass it through your own machine, which reaches both.",
  async look(view, subject) {
    const seen: string[] = [];
    for (const name of peersOf(view.lab, subject.host)) {
      const { status } = await view.on(subject.host)`ssh ${OPTIONS} ${name} true`;
      seen.push(`ssh ${name} true: status ${status}`);
    }
    const passed = seen.join("; ") === this.expected(view.lab, subject);
    const key = passed || (await view.on(subject.host)`ls /root/.ssh/ | grep '^id_.*[.]pub$'`).status === 0;
    return {
      passed,
      seen: passed || key ? seen.join("; ") : `${seen.join("; ")}; no key pair`,
      started: key,
      ...(!passed && key
        ? {
            hint: `${subject.host} has a key pair, but the other side does not take it: its public key must be on a line of its own in root's authorized_keys there, and the private key here without a passphrase. \`ssh -v\` tells which keys are tried.`,
          }
        : {}),
    };
  },
};

const peersOf = (lab: Lab, subject: string): string[] =>
  directors(lab)
    .map(({ name }) => name)
    .filter((name) => name !== subject);
