const last = new Map<string, Promise<unknown>>();

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
