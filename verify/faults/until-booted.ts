import { patience } from "../../provision/ssh/index.ts";
import { until } from "../../provision/until.ts";
import { LabError } from "../live/lab-error.ts";
import { type LiveLab, onServer } from "../live/live-lab.ts";

/** Waits until a server accepts SSH logins and systemd has finished booting. */
export async function untilBooted(live: LiveLab, name: string): Promise<void> {
  const seconds = patience(live, live.lab.image.url === undefined ? 20 : 60); // cloud-init looks at its seed at every boot
  await until(
    async () => {
      const { stdout } = await (await onServer(live, name)).try`systemctl is-system-running`;
      // `degraded` is a boot that is over, with a unit failed: systemctl(1).
      if (!/^(running|degraded)$/.test(stdout.trim())) throw new Error(`systemd is ${stdout.trim()}`);
    },
    {
      seconds,
      everyMs: 250,
      failed: (last) =>
        new LabError(
          `${name} did not come up within ${seconds} s: ${(last as Error).message}. Its console is in the lab's directory under log/; ` +
            "`pulumi refresh` and `pulumi up` mend.",
        ),
    },
  );
}
