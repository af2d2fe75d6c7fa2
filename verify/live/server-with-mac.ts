import type { Lab } from "../../lab/lab.ts";

/** The name of the server that has a hardware address, in whatever case it is written: Linux prints it in lower, libvirt's provider in upper. */
export const serverWithMac = ({ servers }: Lab, mac: string): string | undefined =>
  servers.find((one) => one.mac.toLowerCase() === mac.toLowerCase())?.name;
