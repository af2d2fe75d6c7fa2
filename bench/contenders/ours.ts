import type { Contender } from "./contender.ts";

/**
 * A plain `pulumi up`, as `lvs-lab up` runs it. Its overhead (engine, language host, program, provider processes) is included in the
 * figures, as Python's is in Ansible's.
 */
export const ours: Contender = {
  name: "lvs-lab: pulumi up",
  id: "ours",
  missing: () => undefined,
  async begin(lab) {
    await lab.use("ha");
    return {
      owns: true,
      provision: async () => void (await lab.up()),
      again: {
        "lvs-lab: pulumi up": async () => void (await lab.up()),
        "lvs-lab: pulumi up --refresh": async () => void (await lab.up(["--refresh"])),
        "lvs-lab: lvs-lab up": async () => void (await lab.lvs("up")),
      },
      edit: (scheduler) => lab.use("ha", { scheduler }),
      change: async () => void (await lab.up()),
      mend: async () => void (await lab.up(["--refresh"])),
      end: async () => {},
    };
  },
};
