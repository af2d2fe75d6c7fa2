import type { Rule } from "../rule.ts";
import { addressTwice } from "./address-twice.ts";
import { addressUnderTwoIds } from "./address-under-two-ids.ts";
import { addressesDiffer } from "./addresses-differ.ts";
import { advertIntervalDiffers } from "./advert-interval-differs.ts";
import { advertIntervalRounded } from "./advert-interval-rounded.ts";
import { authenticationDiffers } from "./authentication-differs.ts";
import { authenticationIgnored } from "./authentication-ignored.ts";
import { equalPriorities } from "./equal-priorities.ts";
import { gatewayMovesAlone } from "./gateway-moves-alone.ts";
import { nopreemptWithMaster } from "./nopreempt-with-master.ts";
import { nopreemptWithWeights } from "./nopreempt-with-weights.ts";
import { offIsOn } from "./off-is-on.ts";
import { ownerPriorityTaken } from "./owner-priority.ts";
import { passwordTooLong } from "./password-too-long.ts";
import { preemptDelayIgnored } from "./preempt-delay-ignored.ts";
import { prioritiesCrossed } from "./priorities-crossed.ts";
import { routerIdTwice } from "./router-id-twice.ts";
import { strictDropsTraffic } from "./strict-drops-traffic.ts";
import { strictForbids } from "./strict-forbids.ts";
import { syncDaemon } from "./sync-daemon.ts";
import { syncGroupOpen } from "./sync-group-open.ts";
import { unicastOneSided } from "./unicast-one-sided.ts";
import { unicastOwnAddress } from "./unicast-own-address.ts";
import { unicastPeerMissing } from "./unicast-peer-missing.ts";
import { unreadable } from "./unreadable.ts";
import { versionDiffers } from "./version-differs.ts";
import { weightIgnored } from "./weight-ignored.ts";
import { weightIsNoFault } from "./weight-is-no-fault.ts";
import { weightNeverFlips } from "./weight-never-flips.ts";
import { weightOnOneMember } from "./weight-on-one-member.ts";

/** Every rule. A new one is its file and a row here. */
export const rules: readonly Rule[] = [
  unreadable,
  offIsOn,
  weightNeverFlips,
  weightIgnored,
  weightOnOneMember,
  weightIsNoFault,
  nopreemptWithMaster,
  nopreemptWithWeights,
  preemptDelayIgnored,
  equalPriorities,
  ownerPriorityTaken,
  routerIdTwice,
  addressUnderTwoIds,
  addressTwice,
  addressesDiffer,
  advertIntervalDiffers,
  advertIntervalRounded,
  versionDiffers,
  authenticationDiffers,
  authenticationIgnored,
  passwordTooLong,
  unicastOneSided,
  unicastPeerMissing,
  unicastOwnAddress,
  strictForbids,
  strictDropsTraffic,
  syncGroupOpen,
  prioritiesCrossed,
  gatewayMovesAlone,
  syncDaemon,
];
