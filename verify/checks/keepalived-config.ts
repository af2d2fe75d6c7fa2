import { keepalivedProcess } from "../live/keepalived-process.ts";
import type { Check } from "./check.ts";
import { eachDirector, underKeepalived } from "./subjects.ts";

/**
 * Complaints of keepalived 2.2.7 about the article's `vrrp_garp_interval 0` and `vrrp_gna_interval 0`: 0 is the default but not a valid
 * setting, so it complains and uses the default.
 */
const HARMLESS = /number '0' outside range \[0\.000001, |vrrp_(garp|gna)_interval '0' is invalid/;

export const keepalivedConfig: Check = {
  id: "keepalived-config",
  title: "keepalived finds nothing wrong with its configuration",
  role: "director",
  proves:
    "keepalived reads the whole of keepalived.conf as it was meant: what it does not understand it leaves out with no more than a line in " +
    "the log, and the failover is then not the one that was written down.",
  grading: { keepalived: { points: 2 } },
  appliesTo: underKeepalived,
  subjects: eachDirector,
  expected: () => "keepalived -t ends with status 0",
  byHand: () => ["keepalived -t; echo $?"],
  hint: () =>
    "keepalived needs its package, and a configuration: /etc/keepalived/keepalived.conf, which the package does not bring. `keepalived -t` " +
    "reads it and names each line that it does not understand.",
  async look(view, subject) {
    // The file of the keepalived that runs, if it was given another one: keepalived(8), --use-file.
    const running = await keepalivedProcess(view, subject.host);
    const file = / (?:-f *|--use-file[= ])(\S+)/.exec(running ?? "")?.[1];
    const { status, output } = file
      ? await view.on(subject.host)`keepalived -t -f ${file}`
      : await view.on(subject.host)`keepalived -t`;
    const complaints = output.split("\n").filter((line) => line.trim() !== "");
    // Without a configuration file it ends with status 0.
    if (status === 127 || complaints.some((line) => line.startsWith("Config files missing")))
      return {
        passed: false,
        seen: status === 127 ? "no keepalived" : "no configuration: /etc/keepalived/keepalived.conf is missing",
        started: false,
      };
    const harmless = complaints.length > 0 && complaints.every((line) => HARMLESS.test(line));
    return {
      passed: status === 0 || harmless,
      seen:
        status === 0
          ? this.expected(view.lab, subject)
          : harmless
            ? `status ${status}, only for an interval of 0, which is the default`
            : `status ${status}: ${complaints.join("; ")}`,
      started: true,
    };
  },
};
