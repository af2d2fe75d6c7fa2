import type { Goal } from "../../lab/lab.ts";
import { arpCure } from "../checks/arp-cure.ts";
import { arpOwner } from "../checks/arp-owner.ts";
import { balancing } from "../checks/balancing.ts";
import type { Check } from "../checks/check.ts";
import { directorDown } from "../checks/director-down.ts";
import { directorTable } from "../checks/director-table.ts";
import { directorVip } from "../checks/director-vip.ts";
import { httpdPage } from "../checks/httpd-page.ts";
import { keepalivedConfig } from "../checks/keepalived-config.ts";
import { keepalivedLog } from "../checks/keepalived-log.ts";
import { mailReady } from "../checks/mail.ts";
import { noHealthCheck } from "../checks/no-health-check.ts";
import { peerSsh } from "../checks/peer-ssh.ts";
import { realServerDown } from "../checks/real-server-down.ts";
import { realServerVip } from "../checks/real-server-vip.ts";
import { vipHolder } from "../checks/vip-holder.ts";

/** A check as a task: one for each of its subjects, unless they are one thing. */
export interface TaskRow {
  readonly check: Check;
  /** What each of its tasks is worth. */
  readonly points: number;
  /** One task for all subjects: what one of them must not do is no achievement while nobody does it. */
  readonly together?: boolean;
}

/** What is to be done in each exercise, in the article's order. Faulty checks count only when they are asked for. */
export const exercises: Readonly<Record<Goal, readonly TaskRow[]>> = {
  dr: [
    { check: directorTable, points: 3 },
    { check: directorVip, points: 1 },
    { check: httpdPage, points: 1 },
    { check: realServerVip, points: 1 },
    { check: arpCure, points: 2 },
    { check: arpOwner, points: 2 },
    { check: balancing, points: 3 },
    { check: noHealthCheck, points: 1 },
  ],
  ha: [
    { check: httpdPage, points: 1 },
    { check: realServerVip, points: 1 },
    { check: arpCure, points: 2 },
    { check: peerSsh, points: 1 },
    { check: mailReady, points: 1 },
    { check: keepalivedConfig, points: 2 },
    { check: keepalivedLog, points: 2 },
    { check: vipHolder, points: 2, together: true },
    { check: directorTable, points: 1 },
    { check: arpOwner, points: 2 },
    { check: balancing, points: 3 },
    { check: realServerDown, points: 2 },
    { check: directorDown, points: 3 },
  ],
};
