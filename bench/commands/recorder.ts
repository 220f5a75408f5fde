import { formatSizes } from "../frames/sizes.ts";
import type { Source } from "../frames/types.ts";
import type { Traffic } from "../methods/step.ts";
import type { Measurement, ResultFlag, Scenario, Series } from "../report/result.ts";
import type { Trial } from "../trial/types.ts";
import type { Draft } from "./draft.ts";

export interface ScenarioKey extends Traffic {
  task: string;
  source: Source;
  lineRate?: number | undefined;
}

/** The task of a path whose frames come from a capture, with its own sizes and flows. */
export const replayTask = "replay";

/** "route-64B-1flow-skb"; 64kflows are 65536. */
export function scenarioName({ task, sizes, flows, source }: ScenarioKey): string {
  if (task === replayTask) return `${task}-${source}`;
  const size = formatSizes(sizes).replaceAll(/\s/g, "");
  const count = flows === 65536 ? "64kflows" : `${flows}flow${flows === 1 ? "" : "s"}`;
  return `${task}-${size}-${count}-${source}`;
}

export function scenarioOf(key: ScenarioKey, name = scenarioName(key)): Scenario {
  const { task, sizes, flows, source, lineRate } = key;
  return {
    ...{ name, task, source },
    ...(task !== replayTask && { size: formatSizes(sizes), flows }),
    ...(lineRate !== undefined && { lineRate }),
  };
}

/** Puts what was measured of one subject under one scenario into the result. */
export class Recorder {
  readonly scenario: string;
  readonly subject: string;
  readonly #draft: Draft;
  readonly #placement: string | undefined;

  constructor(draft: Draft, scenario: Scenario, subject: string, placement?: string) {
    draft.addScenario(scenario);
    this.#draft = draft;
    this.scenario = scenario.name;
    this.subject = subject;
    this.#placement = placement;
  }

  /** The value of one round. @param trial whose modes were reached */
  add(
    [metric, unit, better]: Metric,
    value: number,
    flags: readonly ResultFlag[] = [],
    trial?: Trial | null,
  ): void {
    this.#draft.add({
      ...{ scenario: this.scenario, subject: this.subject, metric, unit, better, value, flags },
      ...(this.#placement !== undefined && { placement: this.#placement }),
      ...(trial && { modes: modesText(trial) }),
    });
  }

  setSeries(series: Omit<Series, "scenario" | "subject">): void {
    this.#draft.setSeries({ scenario: this.scenario, subject: this.subject, ...series });
  }

  note(text: string): void {
    this.#draft.note(`${this.scenario}: ${this.subject}: ${text}`);
  }
}

export type Metric = readonly [
  name: Measurement["metric"],
  unit: Measurement["unit"],
  better: Measurement["better"],
];

export function modesText({ modes }: Trial): string {
  return `sent in ${modes.tx} mode, received in ${modes.rx} mode`;
}
