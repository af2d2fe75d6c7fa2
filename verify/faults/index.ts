import { arpAnswer } from "./arp-answer.ts";
import { bfdLoss } from "./bfd-loss.ts";
import { clockSkew } from "./clock-skew.ts";
import { diskFull } from "./disk-full.ts";
import type { Fault } from "./fault.ts";
import { forwardingOff } from "./forwarding-off.ts";
import { httpdHang } from "./httpd-hang.ts";
import { httpdStop } from "./httpd-stop.ts";
import { keepalivedKill } from "./keepalived-kill.ts";
import { keepalivedStop } from "./keepalived-stop.ts";
import { linkDown } from "./link-down.ts";
import { mtaStop } from "./mta-stop.ts";
import { netem } from "./netem.ts";
import { partition } from "./partition.ts";
import { pause } from "./pause.ts";
import { powerOff } from "./power-off.ts";
import { processStop } from "./process-stop.ts";
import { reboot } from "./reboot.ts";
import { rejectPort } from "./reject-port.ts";
import { rogueRouter } from "./rogue-router.ts";
import { routeLost } from "./route-lost.ts";
import { scriptFail } from "./script-fail.ts";
import { vrrpKill } from "./vrrp-kill.ts";

/** All faults, from the machine up to the wire. A new one is its file and a row here. */
export const faults = [
  powerOff,
  reboot,
  pause,
  diskFull,
  clockSkew,
  keepalivedStop,
  keepalivedKill,
  vrrpKill,
  scriptFail,
  processStop,
  bfdLoss,
  httpdStop,
  httpdHang,
  rejectPort,
  mtaStop,
  routeLost,
  forwardingOff,
  linkDown,
  partition,
  netem,
  arpAnswer,
  rogueRouter,
] as unknown as readonly Fault[];
