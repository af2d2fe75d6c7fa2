import { probeAcceleration } from "../../provision/host/image/acceleration.ts";
import { buildGuestImage, type GuestImage } from "../../provision/host/image/build.ts";

/** What is made once per machine and not timed: both guest images, and the test whether KVM boots them. */
export async function prepareImages(): Promise<{ plain: GuestImage; acceleration: "kvm" | "qemu" }> {
  const onProgress = (message: string) => console.error(message);
  const plain = await buildGuestImage({ packages: "plain" }, { onProgress });
  const baked = await buildGuestImage({ packages: "baked" }, { onProgress });
  await probeAcceleration(baked, { onProgress });
  return { plain, acceleration: await probeAcceleration(plain, { onProgress }) };
}
