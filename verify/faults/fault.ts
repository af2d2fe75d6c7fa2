import type { z } from "zod";
import type { Lab } from "../../lab/lab.ts";
import type { View } from "../live/view.ts";

/**
 * One way to break a running lab, and to mend it again. A fault is put on one server at a time and has no memory: all that `heal` and
 * `present` need is the server and the parameters, so that another process can heal what a killed one has left.
 */
export interface Fault<P extends z.ZodObject = z.ZodObject> {
  /** Kebab case; how scenarios and the command line name it. */
  readonly id: string;
  /** What it does to a server, as a phrase that the server's name completes: `power off`, `stop httpd on`. */
  readonly title: string;
  /** What happens then and why, for who has never seen it; one to three sentences. */
  readonly explains: string;
  /** What it can be set to, with defaults for all; each with a description, which names its unit. */
  readonly parameters: P;
  /** Which servers it can be put on. */
  readonly targets: (lab: Lab) => readonly string[];
  /**
   * How VRRP loses a master that it is put on: without a word, so that the standby waits for its master-down interval, or with an
   * advertisement of priority 0, after which it waits for its skew. Not there: the master goes on being one.
   */
  readonly masterGoes?: "silently" | "announced";
  /** The commands by which a person does and undoes the same; `lvs-lab ssh SERVER` or `virsh` is understood. */
  readonly byHand: { readonly inject: string; readonly heal: string };
  /** Brings it about; resolves when it is there. Doing it twice changes nothing. */
  inject(site: FaultSite, parameters: z.output<P>): Promise<void>;
  /** Takes it away, also if it is not there or only half there; resolves when the server is as it was. */
  heal(site: FaultSite, parameters: z.output<P>): Promise<void>;
  /** Whether it is there now, by looking at the server and not at what was done. */
  present(site: FaultSite, parameters: z.output<P>): Promise<{ readonly there: boolean; readonly seen: string }>;
}

/** Where a fault is put. What it runs there is kept as evidence. */
export interface FaultSite {
  readonly view: View;
  /** The server's name. */
  readonly server: string;
}

/** Checks a fault's types while keeping them; the value is the argument. */
export const defineFault = <P extends z.ZodObject>(fault: Fault<P>): Fault<P> => fault;
