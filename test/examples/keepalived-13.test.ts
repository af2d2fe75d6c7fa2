import { compareWith } from "../integration/keepalived-conf.ts";

/** Debian 13's. */
await compareWith("2.3.3");
