import { isDoubtful, repeatDoubtful } from "../methods/doubt.ts";
import type { Load, RunTrial, Trial } from "../trial/types.ts";

/** Between a doubtful sample and the next. */
const pauseMs = 1000;

export interface Sample {
  /** Test frames per second that reached the sink. */
  pps: number;
  /** Frames per second that the generator sent. */
  offered: number;
  /** CPU seconds per second used by other processes or taken by the hypervisor. */
  disturbance: number;
  /** Something speaks against it: other work, the generator or the receiving interface. */
  doubtful: boolean;
}

export function isDisturbed({ doubtful }: Sample): boolean {
  return doubtful;
}

/**
 * Measures one trial of steady traffic. A doubtful one is measured again, `patience` times at most;
 * the least doubtful one is returned.
 * @throws Error when nothing arrives or what arrives is not what was sent
 */
export async function takeSample(run: RunTrial, load: Load, patience: number): Promise<Sample> {
  return sampleOf(await repeatDoubtful(run, { times: patience, pauseMs })(load));
}

function sampleOf(trial: Trial): Sample {
  const { receivedPps: pps, offeredPps: offered, disturbance } = trial;
  return { pps, offered, disturbance, doubtful: isDoubtful(trial) };
}
