import { type OsName, osFamilies } from "../os.ts";
import { command } from "../ssh/index.ts";

/**
 * A director is set up with ipvsadm or run by keepalived; both own the IPVS table. Pulumi removes the old role only after creating the new
 * one, so each role first shuts the other down; the later removal finds nothing left.
 */

/** Unit of the ipvsadm director, without `.service`. */
export const DIRECTOR_UNIT = "lvs-director";
/** Rules that the unit restores at boot. */
export const DIRECTOR_RULES = "/etc/lvs-lab/ipvsadm.rules";

const unitFile = `/etc/systemd/system/${DIRECTOR_UNIT}.service`;

/** Shuts down the ipvsadm director, if present: stopping its unit empties the table and removes the VIP. */
export const endDirector = command`if [ -e ${unitFile} ]; then
  systemctl --quiet disable --now ${DIRECTOR_UNIT}; rm -f ${unitFile} ${DIRECTOR_RULES}; systemctl daemon-reload
fi`;

/** Shuts down keepalived, if configured: it releases the VIP as it stops. */
export function endKeepalived(os: OsName): string {
  const { service, config } = osFamilies[os].keepalived;
  return command`if [ -e ${config} ]; then
  systemctl --quiet disable --now ${service}; rm -f ${config}; ipvsadm --clear
fi`;
}
