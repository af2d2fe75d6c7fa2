const last = new Map<string, Promise<unknown>>();
const running = new Map<string, Promise<unknown>>();

/** Runs works of the same key one after the other, in the order of the calls, whether those before fail or not. */
export async function oneAtATime<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = last.get(key) ?? Promise.resolve();
  const mine = before.then(work);
  const ended = mine.catch(() => {}); // the caller gets the error
  last.set(key, ended);
  try {
    return await mine;
  } finally {
    if (last.get(key) === ended) last.delete(key);
  }
}

/** Runs a work, unless one of the same key runs: then its result is this one's, too. */
export async function onceForAll<T>(key: string, work: () => Promise<T>): Promise<T> {
  const already = running.get(key) as Promise<T> | undefined;
  if (already !== undefined) return await already;
  const mine = work().finally(() => running.delete(key));
  running.set(key, mine);
  return await mine;
}
