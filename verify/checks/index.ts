import { adverts } from "./adverts.ts";
import { arpCure } from "./arp-cure.ts";
import { arpOwner } from "./arp-owner.ts";
import { balancing } from "./balancing.ts";
import { bfdSession } from "./bfd-session.ts";
import type { Check } from "./check.ts";
import { connectionSync } from "./connection-sync.ts";
import { connectionThresholds } from "./connection-thresholds.ts";
import { defaultRoute } from "./default-route.ts";
import { directorDown } from "./director-down.ts";
import { directorTable } from "./director-table.ts";
import { directorVip } from "./director-vip.ts";
import { dnsAnswer } from "./dns-answer.ts";
import { downloadSurvives } from "./download-survives.ts";
import { forwardingPath } from "./forwarding-path.ts";
import { httpdPage } from "./httpd-page.ts";
import { ipForward } from "./ip-forward.ts";
import { keepalivedConfig } from "./keepalived-config.ts";
import { keepalivedLog } from "./keepalived-log.ts";
import { keepalivedStateCheck } from "./keepalived-state.ts";
import { mailReady } from "./mail.ts";
import { noHealthCheck } from "./no-health-check.ts";
import { notify } from "./notify.ts";
import { peerSsh } from "./peer-ssh.ts";
import { portGroup } from "./port-group.ts";
import { realServerDown } from "./real-server-down.ts";
import { realServerVip } from "./real-server-vip.ts";
import { rebootChecks } from "./reboot.ts";
import { smtpAnswer } from "./smtp-answer.ts";
import { sorryServer } from "./sorry-server.ts";
import { tracking } from "./tracking.ts";
import { udpPage } from "./udp-page.ts";
import { vipHolder } from "./vip-holder.ts";

/** To add a check, add its file and a row here. */
const inOrder: readonly Check[] = [
  directorTable,
  directorVip,
  httpdPage,
  udpPage,
  dnsAnswer,
  smtpAnswer,
  realServerVip,
  arpCure,
  defaultRoute,
  ipForward,
  arpOwner,
  balancing,
  portGroup,
  forwardingPath,
  noHealthCheck,
  connectionThresholds,
  peerSsh,
  mailReady,
  keepalivedConfig,
  keepalivedLog,
  keepalivedStateCheck,
  bfdSession,
  notify,
  adverts,
  vipHolder,
  connectionSync,
  tracking,
  realServerDown,
  sorryServer,
  directorDown,
  downloadSurvives,
];

/** Every check, in the article's order. */
export const checks: readonly Check[] = [...inOrder, ...rebootChecks(inOrder)];
