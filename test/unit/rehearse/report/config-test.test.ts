import { mkdirSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { configTests, formatConfigTests } from "../../../../rehearse/report/config-test.ts";
import type { LiveLab } from "../../../../verify/live/live-lab.ts";
import { aRoot } from "../../provision/roles/a-root.ts";

it("what keepalived says of a director's files is told, with the options that its service has", async () => {
  const { ref, at, program } = await aRoot();
  mkdirSync(at("/etc/default"), { recursive: true });
  writeFileSync(at("/etc/default/keepalived"), 'DAEMON_ARGS="--config-id=LB_1"\n');
  program(
    "keepalived",
    '[ "$*" = "--config-test --config-id=LB_1" ] && printf "\\n(VI_1) clearing\\nbad\\n" >&2; exit 5',
  );
  const live = { servers: [{ ...ref, name: "lb-1" }] } as unknown as LiveLab;
  const said = await configTests(live);
  expect(said).toEqual(new Map([["lb-1", ["(VI_1) clearing", "bad"]]]));
  expect(formatConfigTests(said)).toEqual(["keepalived --config-test says of lb-1:", "  (VI_1) clearing", "  bad"]);

  program("keepalived", "");
  expect(await configTests(live)).toEqual(new Map());
});
