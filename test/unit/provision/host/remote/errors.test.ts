import { expect, it } from "vitest";
import { connectionError } from "../../../../../provision/host/remote/errors.ts";

it.each([
  [
    "No ED25519 host key is known for box and you have requested strict checking.\nHost key verification failed.\n",
    "its host key is unknown (Host key verification failed.). Fix: `ssh alice@box` once, compare the key's fingerprint and accept it.",
  ],
  [
    "@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@@@@@\nHost key verification failed.\n",
    "its host key is not the one in your known_hosts (Host key verification failed.). Fix: if the machine was set up anew, remove the old key as `ssh alice@box` says, and connect once by hand.",
  ],
  [
    "alice@box: Permission denied (publickey,password).\n",
    "it accepts none of your keys (alice@box: Permission denied (publickey,password).). Fix: `ssh-copy-id alice@box`, or load the key (ssh-add): `ssh -o BatchMode=yes alice@box true` must work without a question.",
  ],
  [
    "ssh: Could not resolve hostname box: Name or service not known\n",
    "its name is unknown (ssh: Could not resolve hostname box: Name or service not known). Fix: correct the name, or add it to ~/.ssh/config: `ssh alice@box`.",
  ],
  [
    "ssh: connect to host box port 22: Connection timed out\n",
    "it does not answer (ssh: connect to host box port 22: Connection timed out). Fix: see that it is up and that `ssh alice@box` works.",
  ],
  [
    "/home/me/.ssh/config: line 3: Bad configuration option: hots\n",
    "ssh refuses its configuration (/home/me/.ssh/config: line 3: Bad configuration option: hots). Fix: correct it until `ssh alice@box` works.",
  ],
  [
    "Control socket connect(/lab/ssh.sock): Connection refused\nclient_loop: send disconnect: Broken pipe\n",
    "the connection broke; what runs there runs on (client_loop: send disconnect: Broken pipe). Fix: see that `ssh alice@box` works, and run the command again.",
  ],
  [
    "",
    "the connection broke; what runs there runs on. Fix: see that `ssh alice@box` works, and run the command again.",
  ],
])("what ssh says is told with what is to be done: %j", (said, told) => {
  expect(connectionError("ssh://alice@box", said).message).toBe(`cannot use ssh://alice@box: ${told}`);
});
