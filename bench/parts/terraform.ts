import { basename } from "node:path";
import { versions } from "../../setup/toolchain/recipe.mjs";
import { withLab } from "../harness/bench-lab.ts";
import { stopwatch, timed } from "../harness/machine.ts";
import { alternating, Ledger } from "../harness/measured.ts";
import type { Part } from "../harness/part.ts";
import { withPlainHost } from "../harness/plain-host.ts";
import { run } from "../harness/run.ts";
import { Terraform } from "../harness/terraform.ts";

const DEFINED = "four servers, until their domains run";
const NOTHING = "nothing to do";

/** The four servers defined by Terraform and by Pulumi, with the same provider. */
export const terraform: Part = {
  name: "terraform",
  title: "the four servers defined by Terraform, and by Pulumi with the same provider",
  runs: 3,
  async measure({ runs, say }) {
    const missing = Terraform.missing();
    if (missing) return { rows: [], notes: [`Not measured: ${missing}.`] };
    const ledger = new Ledger();
    let acceleration: string | undefined;
    const binary = Terraform.binary() ?? "terraform";
    const name = basename(binary);
    const [version = ""] = (await run([binary, "version"])).split("\n");
    const contenders: [string, () => Promise<void>][] = [
      [
        name,
        async () => {
          // A new directory for each run: old state would refer to another run's machines.
          const directory = await Terraform.lay();
          try {
            await withPlainHost("terraform", async (host) => {
              acceleration = host.acceleration;
              await directory.describe(host);
              const { wall, cpu } = await timed(() => directory.apply());
              ledger.add(DEFINED, `${name} apply`, wall);
              ledger.add(DEFINED, `${name} apply`, cpu, "CPU s");
              const again = { [`${name} apply -refresh=false`]: ["-refresh=false"], [`${name} apply`]: [] };
              for (const [who, options] of Object.entries(again))
                ledger.add(NOTHING, who, (await timed(() => directory.apply(...options))).wall);
            });
          } finally {
            await directory.remove();
          }
        },
      ],
      [
        "lvs-lab",
        () =>
          withLab("machines", async (lab) => {
            await lab.use("bare-ha");
            await lab.make();
            const spent = stopwatch();
            let host: number | undefined;
            let last: ReturnType<typeof spent> | undefined;
            await lab.up([], (line) => {
              if (/LabHost \S+ created/.test(line)) host = spent().wall;
              if (/Domain \S+ created/.test(line)) last = spent();
            });
            if (!last || host === undefined) throw new Error("`pulumi up` did not say that it made the domains");
            ledger.add(DEFINED, "lvs-lab: pulumi up, lab host and keys included", last.wall);
            ledger.add(DEFINED, "lvs-lab: pulumi up, lab host and keys included", last.cpu, "CPU s");
            ledger.add(DEFINED, "lvs-lab: of that, after the lab host was there", last.wall - host);
            for (const options of [[], ["--refresh"]])
              ledger.add(
                NOTHING,
                ["lvs-lab: pulumi up", ...options].join(" "),
                (await timed(() => lab.up(options))).wall,
              );
          }),
      ],
    ];
    for (let round = 0; round < runs; round++)
      for (const [who, measure] of alternating(contenders, round)) {
        say(`${who}, run ${round + 1} of ${runs}`);
        await measure();
      }
    return {
      rows: ledger.rows(),
      notes: [
        `${version}, the libvirt provider ${versions.libvirtProvider} for both. ${name} finds the lab host running and the seeds made, and its \`init\` is not in its time; Pulumi makes all of that in its own.`,
        "With nothing to do, `apply` looks at libvirt unless it is told not to; `pulumi up` looks at it when it is told to, and then also at the servers, by SSH.",
      ],
      acceleration,
    };
  },
};
