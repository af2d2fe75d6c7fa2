import * as pulumi from "@pulumi/pulumi";
import type { Lab } from "../lab/index.ts";
import { classes, PEER_COMMENT, type RoleName, roleClasses, roleNames, roles } from "../provision/index.ts";
import type { MadeServer } from "./server.ts";

/** Gives every server its roles; in a manual lab that is the exercise. */
export const giveRoles = (lab: Lab, made: readonly MadeServer[]): pulumi.Resource[] =>
  lab.setup === "manual" ? [] : [...made.flatMap(makeRoles), ...makePeerKeys(made)];

/** The roles that come elsewhere: `makeServer` has the first two, and the keys of all directors are made together. */
const elsewhere: readonly RoleName[] = ["interfaces", "packages", "peerKeys"];

/** A role's class, which takes the inputs that the role has made. */
type AnyClass = new (
  name: string,
  args: Readonly<Record<string, unknown>>,
  options: pulumi.CustomResourceOptions,
) => pulumi.Resource;

/** A server's roles that depend on no other server. */
function makeRoles({ server, inputs, reference, ready, domain }: MadeServer): pulumi.Resource[] {
  const made = new Map<string, pulumi.Resource>();
  for (const name of roleNames) {
    const given = inputs[name];
    if (!given || elsewhere.includes(name)) continue;
    const { after = [], secrets = [] } = roles[name];
    const RoleClass = roleClasses[name] as unknown as AnyClass;
    const args = Object.fromEntries(
      Object.entries(given).map(([key, value]) => [
        key,
        secrets.some((one) => one === key) ? pulumi.secret(value) : value,
      ]),
    );
    const earlier = after.flatMap((one) => made.get(one) ?? []);
    made.set(
      name,
      new RoleClass(
        `${server.name}-${inKebabCase(name)}`,
        { server: reference, ...args },
        { dependsOn: [ready, ...earlier], deletedWith: domain },
      ),
    );
  }
  return [...made.values()];
}

const inKebabCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** SSH among directors: each has a key, and knows its peers'. */
function makePeerKeys(made: readonly MadeServer[]): pulumi.Resource[] {
  const all = made.flatMap((each) => {
    const { peerKeys } = each.inputs;
    return peerKeys ? [{ ...each, peers: peerKeys.peers }] : [];
  });
  const identities = new Map(
    all.map(({ server: { name } }) => [name, new classes.KeyPair(`${name}-peer-key`, { comment: PEER_COMMENT })]),
  );
  const knownHosts = pulumi.all(
    all.map(({ server, hostKey }) =>
      hostKey.publicKey.apply((key) => `${server.name},${server.management} ${key.split(" ").slice(0, 2).join(" ")}`),
    ),
  );
  return all.map(
    ({ server: { name }, reference, ready, domain, peers }) =>
      new roleClasses.peerKeys(
        `${name}-peer-keys`,
        {
          server: reference,
          identity: identities.get(name)?.privateKey ?? "",
          authorized: pulumi.all(peers.map((peer) => identities.get(peer)?.publicKey ?? pulumi.output(""))),
          knownHosts,
        },
        { dependsOn: ready, deletedWith: domain },
      ),
  );
}
