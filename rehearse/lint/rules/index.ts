import type { Rule } from "../rule.ts";
import { addressesDiffer } from "./addresses-differ.ts";
import { advertIntervalDiffers } from "./advert-interval-differs.ts";
import { checkSlowerThanDelayLoop } from "./check-slower-than-delay-loop.ts";
import { checkWithoutPort } from "./check-without-port.ts";
import { commandNeedsShell } from "./command-needs-shell.ts";
import { commandNotQuoted } from "./command-not-quoted.ts";
import { directorIsRealServer } from "./director-is-real-server.ts";
import { mailToNobody } from "./mail-to-nobody.ts";
import { miscDynamicWithPlugin } from "./misc-dynamic-with-plugin.ts";
import { natGatewayStays } from "./nat-gateway-stays.ts";
import { noHealthCheck } from "./no-health-check.ts";
import { noWeight } from "./no-weight.ts";
import { nobodyQuietAboutArp } from "./nobody-quiet-about-arp.ts";
import { passwordTooLong } from "./password-too-long.ts";
import { persistenceWithRoundRobin } from "./persistence-with-round-robin.ts";
import { portNotChanged } from "./port-not-changed.ts";
import { protocolMissing } from "./protocol-missing.ts";
import { quorumOutOfReach } from "./quorum-out-of-reach.ts";
import { realServerTwice } from "./real-server-twice.ts";
import { realServersDiffer } from "./real-servers-differ.ts";
import { scriptCannotRun } from "./script-cannot-run.ts";
import { scriptEchoes } from "./script-echoes.ts";
import { scriptOutlivesInterval } from "./script-outlives-interval.ts";
import { scriptPathRelative } from "./script-path-relative.ts";
import { scriptUserUnknown } from "./script-user-unknown.ts";
import { sorryServerNeverUsed } from "./sorry-server-never-used.ts";
import { unreadable } from "./unreadable.ts";
import { virtualServerAddressNotHeld } from "./virtual-server-address-not-held.ts";
import { virtualServerDiffers } from "./virtual-server-differs.ts";
import { virtualServerGroupMissing } from "./virtual-server-group-missing.ts";
import { virtualServerMissing } from "./virtual-server-missing.ts";
import { virtualServerTwice } from "./virtual-server-twice.ts";
import { weightNeverFlips } from "./weight-never-flips.ts";

/** Every rule. A new one is its file and a row here. */
export const rules: readonly Rule[] = [
  unreadable,
  weightNeverFlips,
  passwordTooLong,
  addressesDiffer,
  advertIntervalDiffers,
  scriptEchoes,
  commandNeedsShell,
  commandNotQuoted,
  scriptCannotRun,
  scriptPathRelative,
  scriptOutlivesInterval,
  scriptUserUnknown,
  persistenceWithRoundRobin,
  checkSlowerThanDelayLoop,
  checkWithoutPort,
  noHealthCheck,
  virtualServerMissing,
  virtualServerDiffers,
  realServersDiffer,
  realServerTwice,
  virtualServerTwice,
  nobodyQuietAboutArp,
  natGatewayStays,
  directorIsRealServer,
  virtualServerAddressNotHeld,
  virtualServerGroupMissing,
  protocolMissing,
  portNotChanged,
  quorumOutOfReach,
  noWeight,
  sorryServerNeverUsed,
  miscDynamicWithPlugin,
  mailToNobody,
];
