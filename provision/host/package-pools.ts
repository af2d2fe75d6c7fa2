import { type GuestOs, guestOses } from "../../lab/index.ts";

/** Flat repositories of the lab's packages, by the operating system of the guests that they are for: directories of this machine. */
export type PackagePools = Readonly<Partial<Record<GuestOs, string>>>;

/** The path of an operating system's repository on the package server, without slashes. The first system has the name of the time when it was the only one. */
export const poolPath = (os: GuestOs): string => (os === "debian-12" ? "pool" : `pool-${os}`);

/** The name of the link to it in the lab's directory, whose `pool` is libvirt's. */
export const poolLink = (os: GuestOs): string => (os === "debian-12" ? "packages" : `packages-${os}`);

/** The repositories that `directoryOf` has a directory for. */
export const poolsBy = (directoryOf: (os: GuestOs) => string | undefined): PackagePools =>
  Object.fromEntries(
    guestOses.flatMap((os) => {
      const directory = directoryOf(os);
      return directory === undefined ? [] : [[os, directory]];
    }),
  );
