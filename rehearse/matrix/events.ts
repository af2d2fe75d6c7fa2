import type { RealServerFailure, Tracked } from "../../lab/index.ts";

/** What may happen, the most telling first. Events of a master move its addresses; events of real servers are for the health checks to see. */
export const events = {
  crash: { title: "the master loses its power", scenario: "director-down" },
  stop: { title: "keepalived is stopped on the master", scenario: "keepalived-stopped" },
  script: {
    title: "a script that the master tracks fails, and succeeds again",
    scenario: "tracked-script-fails",
    tracked: "script",
  },
  process: {
    title: "a process that the master tracks ends, and runs again",
    scenario: "tracked-process-stops",
    tracked: "process",
  },
  cable: { title: "the master's cables are pulled", scenario: "link-down" },
  interface: {
    title: "the cable of an interface that the master tracks is pulled",
    scenario: "tracked-script-fails",
    tracked: "interface",
    description:
      "keepalived sees the lost link at once, and lowers the master's priority by the interface's weight; without a weight it goes to FAULT.",
  },
  freeze: { title: "the master freezes", scenario: "director-frozen" },
  partition: { title: "the directors do not hear each other", scenario: "split-brain" },
  reboot: { title: "the master is rebooted", scenario: "director-reboot" },
  refuse: {
    title: "a real server refuses connections",
    scenario: "real-server-down",
    realServer: { failure: "refuses", fault: "httpd-stop" },
  },
  dead: {
    title: "a real server is gone without a word",
    scenario: "real-server-down",
    description:
      "No packet to it is answered. A health check waits until its timeout, and so does each request that is sent there; from when keepalived takes it " +
      "out of the table, none is.",
    realServer: { failure: "silent", fault: "link-down" },
  },
  hang: {
    title: "a real server accepts connections and does not answer",
    scenario: "hang-detected",
    realServer: { failure: "hangs", fault: "httpd-hang" },
  },
  "all-refuse": {
    title: "all real servers of a service refuse connections",
    scenario: "all-real-servers-down",
    realServer: { failure: "refuses", fault: "httpd-stop", all: true },
  },
} as const satisfies Record<string, EventOf>;

export interface EventOf {
  readonly title: string;
  /** The shipped scenario. */
  readonly scenario: string;
  /** What the report says of it, where the scenario's own text is about another event. */
  readonly description?: string;
  /** Of an event of something that an instance tracks: its kind. */
  readonly tracked?: Tracked["kind"];
  /** Of an event of a real server, or of `all` of a service: how it fails, and the fault that does it. */
  readonly realServer?: { readonly failure: RealServerFailure; readonly fault: string; readonly all?: true };
}

export type Event = keyof typeof events;
export const eventNames = Object.keys(events) as Event[];
