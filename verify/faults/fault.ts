import type { z } from "zod";
import type { RealServerFailure, Tracked, VrrpInstance } from "../../lab/index.ts";
import type { View } from "../live/view.ts";
import type { Targets } from "./targets.ts";

/**
 * One way to break a running lab, and to heal it. A fault is put on one server at a time and keeps no state: `heal` and `present` need only
 * the server and the parameters, so that another process can heal the faults that a killed one left.
 */
export interface Fault<P extends z.ZodObject = z.ZodObject> {
  /** Name in scenarios and on the command line, in kebab case. */
  readonly id: string;
  /** Its effect, as a phrase that the server's name completes: `power off`, `stop httpd on`. */
  readonly title: string;
  /** Its consequences and their reasons, for a reader who has never seen it; one to three sentences. */
  readonly explains: string;
  /** Its parameters, all with a default and a description that names the unit. */
  readonly parameters: P;
  /** The servers that it can be put on. */
  readonly targets: Targets;
  /**
   * How VRRP loses a master with this fault: `silently`, and the standby waits for its master-down interval; or `announced` by an
   * advertisement of priority 0, and the standby waits for its skew. Absent: the master stays master.
   */
  readonly masterGoes?: MasterGoes;
  /**
   * The same, where it depends on the instance or on the parameters: how the master goes, or what the instance tracks that fails there; then
   * keepalived lowers its priority or goes to FAULT, as the lab file has it. Undefined: the master stays master. Absent: `masterGoes`.
   */
  goes?(instance: VrrpInstance, parameters: z.output<P>): MasterGoes | Tracked | undefined;
  /** The process that ends by it, as /proc/PID/comm has it, if it is one that the instance tracks. Absent: none does. */
  ends?(instance: VrrpInstance, parameters: z.output<P>): string | undefined;
  /** How a real server fails by it, as a health check meets it. Absent: it does not fail, or not in a way that a check could see. */
  readonly realServer?: RealServerFailure;
  /** Commands that do and undo the same by hand, under `lvs-lab ssh SERVER` or with `virsh`. */
  readonly byHand: { readonly inject: string; readonly heal: string };
  /** Injects it; resolves when it is in effect. Idempotent. */
  inject(site: FaultSite, parameters: z.output<P>): Promise<void>;
  /** Removes it, also if it is absent or half injected; resolves when the server is as before. */
  heal(site: FaultSite, parameters: z.output<P>): Promise<void>;
  /** Whether it is in effect, by the server's state alone. */
  present(site: FaultSite, parameters: z.output<P>): Promise<{ readonly there: boolean; readonly seen: string }>;
}

/** How VRRP loses a master. */
export type MasterGoes = "silently" | "announced";

/** Whether a master may lose its role by the fault. */
export const mayMove = ({ masterGoes, goes }: Fault): boolean => masterGoes !== undefined || goes !== undefined;

/** How an instance's master goes by the fault, or what it tracks that fails; undefined: it stays master. */
export const goesBy = (
  fault: Fault,
  instance: VrrpInstance,
  parameters: Readonly<Record<string, unknown>>,
): MasterGoes | Tracked | undefined => (fault.goes ? fault.goes(instance, parameters) : fault.masterGoes);

/** The server of a fault. The output of its commands is kept as evidence. */
export interface FaultSite {
  readonly view: View;
  /** The server's name; of a fault that is put on a network, the network's. */
  readonly server: string;
}

/** Returns its argument, with its types checked and kept. */
export const defineFault = <P extends z.ZodObject>(fault: Fault<P>): Fault<P> => fault;
