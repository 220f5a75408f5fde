import { setTimeout as delay } from "node:timers/promises";

/** Between two samples, so that what disturbs can pass. */
const pauseMs = 500;
/** CPU seconds per second that others may use before a sample counts as disturbed. */
const tolerated = 0.1;

/** Something measured while others may have used the machine. */
interface Disturbable {
  /** CPU seconds per second that others used meanwhile. */
  disturbance: number;
}

export function isDisturbed({ disturbance }: Disturbable): boolean {
  return disturbance > tolerated;
}

/**
 * Takes a sample; a disturbed one is taken again, `patience` times at most.
 * @returns the least disturbed one
 * @throws what `take` throws
 */
export async function leastDisturbed<Sample extends Disturbable>(
  take: () => Promise<Sample>,
  patience: number,
): Promise<Sample> {
  let best = await take();
  for (let again = 0; again < patience && isDisturbed(best); again++) {
    await delay(pauseMs);
    const next = await take();
    if (next.disturbance < best.disturbance) best = next;
  }
  return best;
}
