import { expect, it } from "vitest";
import { nextSteps } from "../../../cli/next-steps.ts";
import { aLiveLab } from "../verify/a-live-lab.ts";

it("of a lab are to prove it, of a manual one to set it up", async () => {
  expect(nextSteps(await aLiveLab("ha"))).toMatch(/^\nThe lab is up\. Next:\n.*\n {2}npx lvs-lab check -s ha /);
  const bare = nextSteps(await aLiveLab("bare"));
  expect(bare).toContain("without roles. To set the lab up by hand:\n  npx lvs-lab ssh -s bare server1 ");
  expect(bare).toContain("npx lvs-lab grade -s bare");
  expect(bare).toContain("npx lvs-lab guide -s bare");
});

it("of a rehearsal are to try the directors, not to set them up or to prove a lab", async () => {
  const steps = nextSteps({ ...(await aLiveLab("bare-ha")), rehearsal: "/srv/lb" });
  expect(steps).toMatch(/^\nThe directors are up, with their files as they are\. Next:\n/);
  expect(steps).toContain("npx lvs-lab rehearse run /srv/lb -s bare-ha --keep");
  expect(steps).toContain("npx lvs-lab status -s bare-ha");
  expect(steps).toContain("npx lvs-lab down -s bare-ha");
  expect(steps).not.toMatch(/by hand|grade|check|client/);
});
