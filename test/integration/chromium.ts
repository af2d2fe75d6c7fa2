import { type BrowserContext, chromium } from "playwright-core";

/** Debian's Chromium with a profile of its own, without whatever would ask the network by itself. */
export const launchChromium = async (
  profile: string,
  viewport: { readonly width: number; readonly height: number },
): Promise<BrowserContext> =>
  await chromium.launchPersistentContext(profile, {
    ...{ executablePath: "/usr/bin/chromium", chromiumSandbox: false, viewport, colorScheme: "light" },
    args: [
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
