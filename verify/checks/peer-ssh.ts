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
    `\`ssh-keygen -t ed25519 -N ''\` on ${host} if it has no key yet; its public key goes into the peer's authorized_keys, for passwords are off here: ` +
    peersOf(lab, host)
      .map(
        (name) =>
          `\`npx lvs-lab ssh ${host} -- cat .ssh/id_ed25519.pub | npx lvs-lab ssh ${name} -- 'cat >>.ssh/authorized_keys'\``,
      )
      .join(", "),
  async look(view, subject) {
    const seen: string[] = [];
    for (const name of peersOf(view.lab, subject.host)) {
      const { status } = await view.on(subject.host)`ssh ${OPTIONS} ${name} true`;
      seen.push(`ssh ${name} true: status ${status}`);
    }
    const passed = seen.join("; ") === this.expected(view.lab, subject);
    const key = passed || (await view.on(subject.host)`ls /root/.ssh/ | grep '^id_.*[.]pub$'`).status === 0;
    return { passed, seen: passed || key ? seen.join("; ") : `${seen.join("; ")}; no key pair`, started: key };
  },
};

const peersOf = (lab: Lab, subject: string): string[] =>
  directors(lab)
    .map(({ name }) => name)
    .filter((name) => name !== subject);
