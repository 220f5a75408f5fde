/**
 * As `promise`, but no longer than `limitMs` and not beyond `signal`. Timers of Node do not follow
 * the wall clock, deadlines of gRPC do.
 * @param what is waited for, for the error
 * @throws Error when it takes too long; the signal's reason when that comes first
 */
export async function bounded<T>(
  what: string,
  promise: Promise<T>,
  limitMs: number,
  signal: AbortSignal,
): Promise<T> {
  // It may fail when nobody waits for it any more.
  promise.catch(() => {});
  signal.throwIfAborted();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const late = () => reject(new Error(`no answer within ${Math.round(limitMs)} ms`));
  const timer = Number.isFinite(limitMs) ? setTimeout(late, limitMs) : undefined;
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([promise, ended]);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** Resolves after `ms` or when the signal is aborted, whichever comes first. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
