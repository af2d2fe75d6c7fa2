import type { Lab } from "../../lab/lab.ts";

/** The name of the server with a hardware address, in upper or lower case: Linux prints lower, libvirt's provider upper. */
export const serverWithMac = ({ servers }: Lab, mac: string): string | undefined =>
  servers.find((one) => one.mac.toLowerCase() === mac.toLowerCase())?.name;
