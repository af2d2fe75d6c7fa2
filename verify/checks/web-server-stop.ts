import { longestTime, type RealServerFailure, seesFailure, type VirtualService } from "../../lab/index.ts";
import type { Fault } from "../faults/fault.ts";
import { httpdStop } from "../faults/httpd-stop.ts";
import { linkDown } from "../faults/link-down.ts";
import { mtaStop } from "../faults/mta-stop.ts";

/** Whether a service's health check sees a stopped web server: a ping does not. */
export const seesStop = (service: VirtualService): boolean => seesFailure(service, "refuses");

/** Seconds that it may take to see a stopped web server, or its return. */
export const stopSeenWithin = ({ healthCheck }: VirtualService): number =>
  healthCheck ? longestTime(healthCheck, ["refuses"]) : 0;

/** The faults by which health checks are tried, in this order. */
const tried: readonly Pick<Fault, "id" | "realServer">[] = [httpdStop, mtaStop, linkDown];

/** The first of them that a service's health check sees, with how; undefined if there is no health check. */
export const stopSeenBy = (
  service: VirtualService,
): { readonly id: string; readonly failure: RealServerFailure } | undefined =>
  tried.flatMap(({ id, realServer }) =>
    realServer !== undefined && seesFailure(service, realServer) ? [{ id, failure: realServer }] : [],
  )[0];
