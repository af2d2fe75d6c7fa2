import { longestTime, seesFailure, type VirtualService } from "../../lab/index.ts";

/** Whether a service's health check sees a stopped web server: a ping does not. */
export const seesStop = (service: VirtualService): boolean => seesFailure(service, "refuses");

/** Seconds that it may take to see a stopped web server, or its return. */
export const stopSeenWithin = ({ healthCheck }: VirtualService): number =>
  healthCheck ? longestTime(healthCheck, ["refuses"]) : 0;
