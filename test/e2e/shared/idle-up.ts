import { beforeAll, describe, expect, test } from "vitest";
import { machine } from "../../../bench/harness/machine.ts";
import { judge } from "../../../bench/harness/ratios.ts";
import { merged, noResults, readResults, resultsFile } from "../../../bench/harness/results.ts";
import { idleRounds } from "../../../bench/parts/idle.ts";
import { timed } from "../measured.ts";
import { stack } from "./lab.ts";

describe("a lab with nothing to do", () => {
  beforeAll(() => stack.served("ha-baked"));

  test(
    "an `up` with nothing to do is no slower, in imports of Pulumi's SDK, than what is recorded",
    timed,
    async () => {
      const recorded = await readResults(resultsFile);
      const measured = async () => {
        const rows = await idleRounds(async () => {
          const { status, stdout, stderr } = await stack.pulumi("up", "--yes", "--skip-preview");
          expect(status, stdout + stderr).toBe(0);
        }, 5);
        const now = { date: "", commit: "", machine: machine(), notes: [], rows };
        return judge(recorded, merged(noResults, { idle: now }));
      };
      let verdicts = await measured();
      // A busy machine makes one run slow, and not the next two.
      for (let again = 0; again < 2 && verdicts.some(({ loss }) => loss > 0.25); again++) verdicts = await measured();
      console.log(
        verdicts.map(({ ratio, now, recorded: then }) => `${ratio.name}: ${now}, recorded ${then}`).join("\n"),
      );
      expect(verdicts).toHaveLength(1);
      for (const { loss } of verdicts) expect(loss).toBeLessThanOrEqual(0.25);
    },
  );
});
