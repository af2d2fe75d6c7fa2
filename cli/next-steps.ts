import { askedByHand } from "../verify/checks/subjects.ts";
import type { LiveLab } from "../verify/live/live-lab.ts";

/** Commands to try next in a running lab. Begins with an empty line. */
export function nextSteps({ stack, lab: { setup, servers, services }, rehearsal }: LiveLab): string {
  const name = servers[0]?.name;
  if (rehearsal !== undefined)
    return `
The directors are up, with their files as they are. Next:
  npx lvs-lab status -s ${stack}          show their current state
  npx lvs-lab rehearse run ${rehearsal} -s ${stack} --keep
                                          break them one way after the other
  npx lvs-lab ssh -s ${stack} ${name}     log in
  npx lvs-lab down -s ${stack}            remove them`;
  const [service] = services;
  const typed = service ? askedByHand(service) : "";
  const asked = typed.includes("|") ? `bash -c '${typed}'` : typed;
  return setup === "manual"
    ? `
The machines are up, without roles. To set the lab up by hand:
  npx lvs-lab ssh -s ${stack} ${name}     log in, and type the steps
  npx lvs-lab guide -s ${stack}           in a second terminal: the steps, each with a mark, and hints
  npx lvs-lab grade -s ${stack}           what is done, what is wrong, what to do next`
    : `
The lab is up. Next:
  npx lvs-lab status -s ${stack}          show its current state
  npx lvs-lab check -s ${stack}           prove it
  npx lvs-lab ssh -s ${stack} ${name}     log in
  npx lvs-lab client -s ${stack} -- ${asked}   request as the client; repeat it for another server`;
}
