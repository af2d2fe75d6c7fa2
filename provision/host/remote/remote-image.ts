import type { BuildOptions } from "../build.ts";
import type { Acceleration } from "../image/acceleration.ts";
import { describedIn, type GuestImage, imageStore } from "../image/build.ts";
import { imageKey, type Recipe } from "../image/recipe.ts";
import { describeUserland, userland, userlandStore } from "../userland/userland.ts";
import { machineOf } from "./remote-host.ts";
import type { RemoteMachine, RemotePlace } from "./remote-machine.ts";

const imageThere = async (machine: RemoteMachine, key: string): Promise<GuestImage> =>
  describedIn(await machine.there(`${imageStore().directory}/${key}`), key);

/** The guest image of a recipe on another machine, if it is there, and whole. All paths are those over there. */
export async function guestImageOn(at: RemotePlace, recipe: Recipe): Promise<GuestImage | undefined> {
  const machine = machineOf(at);
  const key = await imageKey(recipe);
  return (await machine.has(imageStore(), key)) ? await imageThere(machine, key) : undefined;
}

/** Sends a guest image to another machine, unless it is there, and finds out what guests run under there. @returns paths of that machine */
export async function sendGuestImage(
  at: RemotePlace,
  { key }: GuestImage,
  options: BuildOptions,
): Promise<{ image: GuestImage; acceleration: Acceleration }> {
  const machine = machineOf(at);
  await machine.layDirectory();
  await machine.provide(imageStore(), key, options);
  const image = await imageThere(machine, key);
  await userland(options);
  await machine.provide(userlandStore(), describeUserland().key, options);
  const { kernel, initrd } = image;
  return { image, acceleration: await machine.call("acceleration", { kernel, initrd }, options) };
}
