import { directors, forwardsPackets } from "../../lab/index.ts";
import type { Check } from "./check.ts";
import { answersThroughDirector } from "./subjects.ts";

export const ipForward: Check = {
  id: "ip-forward",
  title: "The director forwards packets between its networks",
  role: "director",
  proves:
    "The real servers' answers are not for the director: their destination is the client. A host drops such packets unless it is a router " +
    "(the kernel's ip-sysctl.rst, ip_forward).",
  grading: { ipvsadm: { points: 1 }, keepalived: { points: 1 } },
  appliesTo: (lab) => lab.services.some(answersThroughDirector),
  subjects: (lab) =>
    directors(lab)
      .filter((server) => forwardsPackets(lab, server))
      .map(({ name }) => ({ host: name })),
  expected: () => "net.ipv4.ip_forward = 1",
  byHand: () => ["sysctl net.ipv4.ip_forward"],
  hint: () =>
    "Packet forwarding is a kernel setting, off by default; to survive a reboot it belongs in a file of /etc/sysctl.d.",
  async look(view, { host }) {
    const seen = (await view.on(host)`sysctl net.ipv4.ip_forward`).output.trim();
    return { passed: seen === "net.ipv4.ip_forward = 1", seen, started: seen.endsWith("1") };
  },
};
