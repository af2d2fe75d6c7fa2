import { choice } from "./yaml/schema.ts";

/** The operating systems that guests run, the default first. */
export const guestOses = ["debian-12", "debian-13"] as const;

export type GuestOs = (typeof guestOses)[number];

export const defaultOs: GuestOs = "debian-12";

/** The name of Debian 12 in files, states and snapshots of the time when it was the only one. */
const FIRST_NAME = "debian";

/** What a file may call them. */
export const osWords = [...guestOses, FIRST_NAME] as const;

/** @param word one of `osWords` */
export const guestOs = (word: string): GuestOs => (word === FIRST_NAME ? "debian-12" : (word as GuestOs));

/** Names of Enterprise Linux and of what is built from it. */
const enterpriseLinux = /^(el|rhel|centos|alma|rocky|oracle|fedora)/i;

const osRemedy = (value: unknown): string =>
  enterpriseLinux.test(String(value))
    ? "write `os: debian-12` or `os: debian-13`. The facts of Enterprise Linux 9 are in provision/os.ts, but no image of it is built here, so no " +
      "guest runs it"
    : "write `os: debian-12` or `os: debian-13`, or leave it out";

/** The property `os` of a lab and of a server. */
export const osProperty = () => choice(osWords, osRemedy);
