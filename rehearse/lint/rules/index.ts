import type { Rule } from "../rule.ts";
import { addressTwice } from "./address-twice.ts";
import { addressUnderTwoIds } from "./address-under-two-ids.ts";
import { addressesDiffer } from "./addresses-differ.ts";
import { advertIntervalDiffers } from "./advert-interval-differs.ts";
import { advertIntervalRounded } from "./advert-interval-rounded.ts";
import { authenticationDiffers } from "./authentication-differs.ts";
import { authenticationIgnored } from "./authentication-ignored.ts";
import { backupStopsWhatItTracks } from "./backup-stops-what-it-tracks.ts";
import { checkSlowerThanDelayLoop } from "./check-slower-than-delay-loop.ts";
import { checkWithoutPort } from "./check-without-port.ts";
import { checksFromVirtualAddress } from "./checks-from-virtual-address.ts";
import { commandNeedsShell } from "./command-needs-shell.ts";
import { commandNotQuoted } from "./command-not-quoted.ts";
import { commandThroughLink } from "./command-through-link.ts";
import { commandWithBackslashes } from "./command-with-backslashes.ts";
import { definedTwice } from "./defined-twice.ts";
import { directorIsRealServer } from "./director-is-real-server.ts";
import { doesNotStart } from "./does-not-start.ts";
import { equalPriorities } from "./equal-priorities.ts";
import { gatewayMovesAlone } from "./gateway-moves-alone.ts";
import { givenTwice } from "./given-twice.ts";
import { haSuspendInGroup } from "./ha-suspend-in-group.ts";
import { healthCheckLeftOut } from "./health-check-left-out.ts";
import { inhibitWithPersistence } from "./inhibit-with-persistence.ts";
import { invalidAddress } from "./invalid-address.ts";
import { invalidValue } from "./invalid-value.ts";
import { ipvlanWithoutAddress } from "./ipvlan-without-address.ts";
import { lvsTimeouts } from "./lvs-timeouts.ts";
import { mailToNobody } from "./mail-to-nobody.ts";
import { miscDynamicWithPlugin } from "./misc-dynamic-with-plugin.ts";
import { multicastGroupIgnored } from "./multicast-group-ignored.ts";
import { natGatewayStays } from "./nat-gateway-stays.ts";
import { natGatewaysApart } from "./nat-gateways-apart.ts";
import { natOnOneNetwork } from "./nat-on-one-network.ts";
import { noHealthCheck } from "./no-health-check.ts";
import { noRealServer } from "./no-real-server.ts";
import { noVirtualAddress } from "./no-virtual-address.ts";
import { noWeight } from "./no-weight.ts";
import { nobodyQuietAboutArp } from "./nobody-quiet-about-arp.ts";
import { nopreemptOnOneMember } from "./nopreempt-on-one-member.ts";
import { nopreemptWithMaster } from "./nopreempt-with-master.ts";
import { nopreemptWithWeights } from "./nopreempt-with-weights.ts";
import { offIsOn } from "./off-is-on.ts";
import { ownerPriorityTaken } from "./owner-priority.ts";
import { passwordCutByComment } from "./password-cut-by-comment.ts";
import { passwordTooLong } from "./password-too-long.ts";
import { persistenceNetmask } from "./persistence-netmask.ts";
import { persistenceUnasked } from "./persistence-unasked.ts";
import { persistenceWithRoundRobin } from "./persistence-with-round-robin.ts";
import { portNotChanged } from "./port-not-changed.ts";
import { preemptDelayIgnored } from "./preempt-delay-ignored.ts";
import { prioritiesCrossed } from "./priorities-crossed.ts";
import { protocolMissing } from "./protocol-missing.ts";
import { quorumOutOfReach } from "./quorum-out-of-reach.ts";
import { realServerTwice } from "./real-server-twice.ts";
import { realServersDiffer } from "./real-servers-differ.ts";
import { routeLeftOut } from "./route-left-out.ts";
import { routerIdTwice } from "./router-id-twice.ts";
import { scriptCannotRun } from "./script-cannot-run.ts";
import { scriptEchoes } from "./script-echoes.ts";
import { scriptNotFound } from "./script-not-found.ts";
import { scriptOutlivesInterval } from "./script-outlives-interval.ts";
import { scriptPathRelative } from "./script-path-relative.ts";
import { scriptStopsKeepalived } from "./script-stops-keepalived.ts";
import { scriptUserUnknown } from "./script-user-unknown.ts";
import { sorryServerNeverUsed } from "./sorry-server-never-used.ts";
import { strictDropsTraffic } from "./strict-drops-traffic.ts";
import { strictForbids } from "./strict-forbids.ts";
import { syncDaemon } from "./sync-daemon.ts";
import { syncGroupOpen } from "./sync-group-open.ts";
import { trackIgnored } from "./track-ignored.ts";
import { udpReplyLength } from "./udp-reply-length.ts";
import { unicastOneSided } from "./unicast-one-sided.ts";
import { unicastOwnAddress } from "./unicast-own-address.ts";
import { unicastPeerMissing } from "./unicast-peer-missing.ts";
import { unicastWithoutPeer } from "./unicast-without-peer.ts";
import { unknownKeyword } from "./unknown-keyword.ts";
import { unreadable } from "./unreadable.ts";
import { versionDiffers } from "./version-differs.ts";
import { virtualServerAddressNotHeld } from "./virtual-server-address-not-held.ts";
import { virtualServerDiffers } from "./virtual-server-differs.ts";
import { virtualServerGroupFamilies } from "./virtual-server-group-families.ts";
import { virtualServerGroupMissing } from "./virtual-server-group-missing.ts";
import { virtualServerMissing } from "./virtual-server-missing.ts";
import { virtualServerOptionIgnored } from "./virtual-server-option-ignored.ts";
import { virtualServerTwice } from "./virtual-server-twice.ts";
import { vmacWords } from "./vmac-words.ts";
import { weightIgnored } from "./weight-ignored.ts";
import { weightIsNoFault } from "./weight-is-no-fault.ts";
import { weightNeverFlips } from "./weight-never-flips.ts";
import { weightOnOneMember } from "./weight-on-one-member.ts";

/** Every rule. A new one is its file and a row here. */
export const rules: readonly Rule[] = [
  unreadable,
  unknownKeyword,
  invalidValue,
  invalidAddress,
  doesNotStart,
  definedTwice,
  givenTwice,
  trackIgnored,
  offIsOn,
  weightNeverFlips,
  weightIgnored,
  weightOnOneMember,
  weightIsNoFault,
  nopreemptWithMaster,
  nopreemptWithWeights,
  nopreemptOnOneMember,
  preemptDelayIgnored,
  equalPriorities,
  ownerPriorityTaken,
  routerIdTwice,
  addressUnderTwoIds,
  addressTwice,
  ipvlanWithoutAddress,
  vmacWords,
  noVirtualAddress,
  addressesDiffer,
  routeLeftOut,
  advertIntervalDiffers,
  scriptEchoes,
  commandNeedsShell,
  commandNotQuoted,
  commandThroughLink,
  commandWithBackslashes,
  scriptCannotRun,
  scriptNotFound,
  scriptStopsKeepalived,
  backupStopsWhatItTracks,
  scriptPathRelative,
  scriptOutlivesInterval,
  scriptUserUnknown,
  persistenceWithRoundRobin,
  inhibitWithPersistence,
  checkSlowerThanDelayLoop,
  checksFromVirtualAddress,
  checkWithoutPort,
  udpReplyLength,
  noHealthCheck,
  healthCheckLeftOut,
  haSuspendInGroup,
  noRealServer,
  virtualServerMissing,
  virtualServerDiffers,
  realServersDiffer,
  realServerTwice,
  virtualServerTwice,
  nobodyQuietAboutArp,
  natGatewayStays,
  natOnOneNetwork,
  directorIsRealServer,
  virtualServerAddressNotHeld,
  virtualServerGroupMissing,
  virtualServerGroupFamilies,
  virtualServerOptionIgnored,
  persistenceUnasked,
  persistenceNetmask,
  protocolMissing,
  portNotChanged,
  quorumOutOfReach,
  noWeight,
  sorryServerNeverUsed,
  miscDynamicWithPlugin,
  mailToNobody,
  lvsTimeouts,
  advertIntervalRounded,
  versionDiffers,
  authenticationDiffers,
  authenticationIgnored,
  passwordTooLong,
  passwordCutByComment,
  unicastOneSided,
  unicastPeerMissing,
  unicastOwnAddress,
  unicastWithoutPeer,
  multicastGroupIgnored,
  strictForbids,
  strictDropsTraffic,
  syncGroupOpen,
  prioritiesCrossed,
  gatewayMovesAlone,
  natGatewaysApart,
  syncDaemon,
];
