import type { CheckResult } from "../../../verify/checks/check.ts";

/** A check's result, all well but for what is given. */
export const aResult = (given: Partial<CheckResult> = {}): CheckResult => ({
  id: "httpd-page",
  title: "The web server answers locally with its own page",
  subject: "server2",
  host: "server2",
  passed: true,
  started: true,
  expected: '"server2\\n"',
  seen: '"server2\\n"',
  byHand: ["curl localhost"],
  evidence: [],
  ms: 12,
  ...given,
});
