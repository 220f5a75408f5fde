import { pause } from "./etcd-bounded.ts";

export interface Attempts {
  endpoints: readonly string[];
  /** Pause between two attempts at most. */
  maxPauseMs: number;
  signal: AbortSignal;
  /**
   * Works with a member until something fails.
   * @param steady to be called when everything works
   */
  attempt(endpoint: string, steady: () => void): Promise<never>;
  failed(endpoint: string, error: Error): void;
}

const FIRST_PAUSE_MS = 100;
/** Less than this after it worked, a failure is no new one. */
const STEADY_MS = 5000;

/** Attempts again and again, at each member in turn, until the signal. Never rejects. */
export async function keepTrying(attempts: Attempts): Promise<void> {
  const { endpoints, maxPauseMs, signal } = attempts;
  // Many agents that start together must not all begin with the same member.
  let turn = Math.floor(Math.random() * endpoints.length);
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const steadyMs = await attemptOnce(attempts, endpoints[turn++ % endpoints.length] as string);
    if (steadyMs >= STEADY_MS) pauseMs = FIRST_PAUSE_MS;
    await pause(pauseMs * (0.5 + Math.random() / 2), signal);
    pauseMs = Math.min(2 * pauseMs, maxPauseMs);
  }
}

/** Returns for how long it worked. */
async function attemptOnce(attempts: Attempts, endpoint: string): Promise<number> {
  let steadyAt: number | null = null;
  const steady = () => {
    steadyAt ??= performance.now();
  };
  try {
    return await attempts.attempt(endpoint, steady);
  } catch (error) {
    if (!attempts.signal.aborted) attempts.failed(endpoint, error as Error);
    return steadyAt === null ? 0 : performance.now() - steadyAt;
  }
}
