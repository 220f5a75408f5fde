import { type ScenarioKey, scenarioName, scenarioOf } from "../commands/recorder.ts";
import { parseSizes } from "../frames/sizes.ts";
import type { Source } from "../frames/types.ts";
import type { Scenario } from "../report/result.ts";
import type { Load } from "../trial/types.ts";

export interface LoadChoice {
  /** Seconds of a trial. */
  seconds: number;
  /** Frames per second at which delays are measured. */
  latencyRate: number;
}

/** Something that every variant is measured under. */
export interface Scene {
  scenario: Scenario;
  load: Load;
}

/** Of TCP, which needs no generator. */
export const tcpScenario: Scenario = { name: "tcp-1stream", task: "tcp" };

/** Overload from both sources, and delays at a rate that leaves the worker time to sleep. */
export function scenesOf({ seconds, latencyRate }: LoadChoice): Scene[] {
  return [
    ...(["skb", "frame"] as const).map((source) => scene({ source, rate: null, seconds })),
    scene({ source: "skb", rate: latencyRate, seconds }),
  ];
}

function scene(choice: { source: Source; rate: number | null; seconds: number }): Scene {
  const load: Load = { sizes: parseSizes("64"), flows: 1, ...choice };
  const key: ScenarioKey = { task: "route", ...load };
  const name = scenarioName(key);
  const { rate } = load;
  return { scenario: scenarioOf(key, rate === null ? name : `${name}-${rate}pps`), load };
}
