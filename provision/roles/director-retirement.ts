import { type OsName, osFamilies } from "../os.ts";
import { command } from "../ssh/index.ts";

/**
 * A server directs in one of two ways, by hand or under keepalived, and both own the IPVS table. Pulumi takes the old role away only after
 * the new one stands, so each role ends the other itself before it begins; the removal that comes later finds nothing left to do.
 */

/** The unit of the director by hand, without `.service`. */
export const DIRECTOR_UNIT = "lvs-director";
/** What it restores at boot. */
export const DIRECTOR_RULES = "/etc/lvs-lab/ipvsadm.rules";

const unitFile = `/etc/systemd/system/${DIRECTOR_UNIT}.service`;

/** Ends the director by hand, if there is one: stopping its unit empties the table and takes the VIP away. */
export const endDirector = command`if [ -e ${unitFile} ]; then
  systemctl --quiet disable --now ${DIRECTOR_UNIT}; rm -f ${unitFile} ${DIRECTOR_RULES}; systemctl daemon-reload
fi`;

/** Ends keepalived, if it is set up: it gives the VIP away as it stops. */
export function endKeepalived(os: OsName): string {
  const { service, config } = osFamilies[os].keepalived;
  return command`if [ -e ${config} ]; then
  systemctl --quiet disable --now ${service}; rm -f ${config}; ipvsadm --clear
fi`;
}
