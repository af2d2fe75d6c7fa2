import { compareWith } from "./keepalived-conf.ts";

await compareWith("2.2.7");
