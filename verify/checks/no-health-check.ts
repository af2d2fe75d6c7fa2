import { goesInTurn, poolOf } from "../../lab/lab.ts";
import { whileBroken } from "../faults/while-broken.ts";
import type { Check } from "./check.ts";
import { askVip, names, repeats, urlOf } from "./subjects.ts";

const REQUESTS = 10;

export const noHealthCheck: Check = {
  id: "no-health-check",
  title: "ipvsadm alone does not look after its real servers: with one httpd stopped its share of requests fails",
  role: "client",
  proves:
    "The table is blind: IPVS goes on handing requests to a real server that no longer serves, so a share of them fails until a hand " +
    "takes it out. That is why the ha stage has keepalived.",
  stages: ["dr"],
  faulty: true,
  subjects: names.client,
  expected: (lab) =>
    goesInTurn(lab)
      ? `every ${poolOf(lab).length}. of ${REQUESTS} requests fails, the others are answered`
      : "some requests fail",
  byHand: (lab) => [
    `npx lvs-lab ssh ${poolOf(lab)[0]?.name} -- systemctl stop apache2`,
    `for i in {1..${REQUESTS}}; do curl ${urlOf(lab)}; done`,
    `npx lvs-lab ssh ${poolOf(lab)[0]?.name} -- systemctl start apache2`,
  ],
  hint: () =>
    "If no request fails, somebody takes dead real servers out (is keepalived running?); if all fail, only one serves at all.",
  async look(view) {
    const pool = poolOf(view.lab);
    const fates: boolean[] = [];
    await whileBroken(view, "httpd-stop", pool[0]?.name ?? "", async (signal) => {
      while (fates.length < REQUESTS) {
        signal.throwIfAborted();
        fates.push((await askVip(view)).status === 0);
      }
    });
    const failed = fates.filter((fate) => !fate).length;
    const inTurn = repeats(fates, pool.length) && failed === Math.ceil(REQUESTS / pool.length);
    const seen = fates.map((fate) => (fate ? "answered" : "failed")).join(" ");
    return {
      passed: failed > 0 && failed < REQUESTS && (!goesInTurn(view.lab) || inTurn),
      seen,
      started: failed < REQUESTS,
    };
  },
};
