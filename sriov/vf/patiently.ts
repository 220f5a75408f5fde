import { errnoOf } from "./errors.ts";
import type { VfParts } from "./parts.ts";

const TRIES = 20;
const PAUSE_MS = 100;

/**
 * Tries for two seconds what may be refused for a while.
 * @param passing errno names of refusals that pass by themselves
 * @throws what was said last
 */
export async function patiently<T>(
  pause: VfParts["pause"],
  passing: ReadonlySet<string>,
  work: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES || !passing.has(errnoOf(error))) throw error;
    }
    await pause(PAUSE_MS);
  }
}
