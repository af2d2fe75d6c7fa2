/**
 * How long each slow test file may take, in seconds, on a machine whose `slowness` is 1: two cores, no KVM, another file beside it. Two to five times
 * what was measured there: the file beside it may be any, its timed tests come first, and a machine whose memory others use may take nearly twice as long at
 * the same `slowness`.
 */
const budgets: Readonly<Record<string, number>> = {
  "test/integration/wire.test.ts": 250,
  "test/integration/probe.test.ts": 150,
  "test/integration/private-host.test.ts": 120,
  "test/integration/remote-host.test.ts": 100,
  "test/integration/system-host.test.ts": 150,
  "test/integration/commands.test.ts": 150,
  "test/integration/report.test.ts": 180,
  "test/integration/class-view.test.ts": 200,
  "test/integration/by-hand.test.ts": 80,
  "test/integration/door.test.ts": 200,
  "test/integration/by-effect.test.ts": 220,
  "test/integration/bench-boot.test.ts": 60,
  "test/integration/bench-floor.test.ts": 60,
  "test/integration/bench-ansible.test.ts": 200,
  "test/integration/bench-terraform.test.ts": 60,
  "test/integration/keepalived-accepts.test.ts": 120,
  "test/integration/keepalived-conf.test.ts": 60,
  "test/integration/effects.test.ts": 120,
  "test/integration/image/plain.test.ts": 600,
  "test/integration/image/baked.test.ts": 200,
  "test/e2e/shared.test.ts": 3000,
  "test/e2e/grade.test.ts": 1600,
  "test/e2e/dr.test.ts": 1600,
  "test/e2e/plain.test.ts": 1200,
  "test/e2e/ordinary-user.test.ts": 1000,
  "test/e2e/rehearse.test.ts": 400,
  "test/examples/examples.test.ts": 1500,
  "test/examples/fast-failover.test.ts": 900,
  "test/examples/explain.test.ts": 3600,
  "test/examples/ways.test.ts": 1800,
  "test/examples/guide.test.ts": 5400,
  "test/examples/guide-namespaces.test.ts": 120,
  "test/examples/cloud-image.test.ts": 1500,
  "test/examples/effects.test.ts": 400,
  "test/examples/keepalived-13.test.ts": 200,
  "test/examples/class-view.test.ts": 900,
  "test/examples/published.test.ts": 1800,
  "test/examples/roll-out.test.ts": 300,
  "test/examples/cut-off.test.ts": 600,
  "test/examples/reboots.test.ts": 900,
  "test/examples/door.test.ts": 900,
  "test/hosts/class.test.ts": 1500,
  "test/hosts/machines.test.ts": 5400,
  "test/hosts/remote.test.ts": 2100,
  "test/hosts/system.test.ts": 1500,
};

/** For the files that run side by side: those of `npm run test:quick`, where the aim is 60, and those that start programs. */
export const together = {
  quick: { title: "static and unit", budget: 150 },
  programs: { title: "programs", budget: 450 },
} as const;

/** The files with which one runs; undefined: it is none of them. */
export function togetherWith(file: string): keyof typeof together | undefined {
  if (file.startsWith("test/programs/")) return "programs";
  return /^test\/(static|unit)\//.test(file) ? "quick" : undefined;
}

/** For the whole of `npm test`. The aim is 900: 15 minutes. */
export const WHOLE = 4500;

export const budgetOf = (file: string): number | undefined => budgets[file];
