import {
  type Lab,
  type Server,
  serverNamed,
  toIp,
  type VirtualService,
  type VrrpInstance,
} from "../../../lab/index.ts";

/** A lab's only service. */
export function serviceOf({ services: [service] }: Lab): VirtualService {
  if (!service) throw new Error("the lab has no service");
  return service;
}

/** A lab's only VRRP instance. */
export function instanceOf({ vrrp: [instance] }: Lab): VrrpInstance {
  if (!instance) throw new Error("the lab has no VRRP instance");
  return instance;
}

/** The lab with another service, or other properties of its own. */
export const withService = (lab: Lab, change: Partial<VirtualService>): Lab => ({
  ...lab,
  services: [{ ...serviceOf(lab), ...change }],
});

/** The lab with other properties of its VRRP instance. */
export const withInstance = (lab: Lab, change: Partial<VrrpInstance>): Lab => ({
  ...lab,
  vrrp: [{ ...instanceOf(lab), ...change }],
});

/** The lab with other priorities of its directors, by name. */
export const withPriorities = (lab: Lab, priorities: Readonly<Record<string, number>>): Lab =>
  withInstance(lab, {
    members: instanceOf(lab).members.map((one) => ({ ...one, priority: priorities[one.server] ?? one.priority })),
  });

/** A server's hardware address, as the lab has it. */
export const macOf = (lab: Lab, name: string): string => interfaceOf(serverNamed(lab, name)).mac;

export function interfaceOf({ name, interfaces: [first] }: Server): Server["interfaces"][number] {
  if (!first) throw new Error(`${name} has no interface`);
  return first;
}

/** The second VIP of labs with two services. */
export const secondVip = toIp("172.25.254.101");

/**
 * The lab with a second service beside its own, `shop` on port 8080 of the same real servers, which a lab file cannot say so far. `vip`: on a
 * VIP of its own, else on the first one's.
 */
export function withTwoServices(lab: Lab, vip = secondVip): Lab {
  const first = serviceOf(lab);
  const second: VirtualService = {
    ...first,
    name: "shop",
    vip,
    port: 8080,
    realServers: first.realServers.map((one) => ({ ...one, port: 8080 })),
  };
  const network = lab.networks[0]?.name ?? "";
  return {
    ...lab,
    virtualAddresses: [...new Set([first.vip, vip])].map((address) => ({ address, network })),
    services: [first, second],
  };
}

/**
 * The lab with a second VRRP instance beside its own, VRID 52 on the same network, whose members' priorities are the other way round and
 * which holds a second VIP.
 */
export function withTwoInstances(lab: Lab): Lab {
  const first = instanceOf(lab);
  const priorities = first.members.map(({ priority }) => priority).toReversed();
  const second: VrrpInstance = {
    ...first,
    name: "VI_2",
    id: 52,
    addresses: [secondVip],
    members: first.members.map((one, index) => ({ ...one, priority: priorities[index] ?? one.priority })),
  };
  return { ...withTwoServices(lab), vrrp: [first, second] };
}
