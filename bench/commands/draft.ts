import { describeMachine } from "../report/machine.ts";
import {
  type Measurement,
  type Result,
  type ResultFlag,
  resultFormat,
  type Scenario,
  type Series,
} from "../report/result.ts";

/** One value of one round. */
export interface Value extends Omit<Measurement, "values" | "flags"> {
  value: number;
  flags?: readonly ResultFlag[];
}

export interface DraftOptions {
  method: string;
  /** The exact command line. */
  command: readonly string[];
  /** Of Millrace, with the commit. */
  version: string;
}

/** A measurement with the flags of all rounds: what was said last, and in how many. */
interface Growing extends Omit<Measurement, "flags"> {
  flags: Map<ResultFlag["name"], { text: string; rounds: number }>;
}

/** A result document that grows; what is in it is a valid result at any time. */
export class Draft {
  readonly #result: Omit<Result, "ended" | "measurements">;
  #measurements: Growing[] = [];

  constructor({ method, command, version }: DraftOptions) {
    this.#result = {
      ...{ format: resultFormat, method, command: [...command], version },
      started: new Date().toISOString(),
      machine: describeMachine(),
      ...{ scenarios: [], subjects: [], reference: null, series: [], notes: [] },
    };
  }

  get isEmpty(): boolean {
    return this.#measurements.length === 0 && this.#result.series.length === 0;
  }

  addScenario(scenario: Scenario): void {
    const known = this.#result.scenarios.some(({ name }) => name === scenario.name);
    if (!known) this.#result.scenarios.push(scenario);
  }

  addSubject(name: string, description: string): void {
    const known = this.#result.subjects.some((subject) => subject.name === name);
    if (!known) this.#result.subjects.push({ name, description });
  }

  /** The subject that ratios are taken to; one that is not in the result is none. */
  setReference(name: string): void {
    this.#result.reference = name;
  }

  /** Adds the value of one round to those of the rounds before. */
  add({ value, flags = [], ...key }: Value): void {
    const known = this.#measurements.find(
      ({ scenario, subject, metric }) =>
        scenario === key.scenario && subject === key.subject && metric === key.metric,
    );
    const one: Growing = known ?? { ...key, values: [], flags: new Map() };
    if (known === undefined) this.#measurements.push(one);
    one.values.push(value);
    for (const { name, text } of new Map(flags.map((flag) => [flag.name, flag])).values()) {
      one.flags.set(name, { text, rounds: (one.flags.get(name)?.rounds ?? 0) + 1 });
    }
  }

  /** Takes the place of everything that was measured before. */
  replaceAll(values: readonly Value[]): void {
    this.#measurements = [];
    for (const value of values) this.add(value);
  }

  /** Takes the place of the series with the same scenario, subject and title. */
  setSeries(series: Series): void {
    const key = ({ scenario, subject, title }: Series) => [scenario, subject, title].join("\n");
    const others = this.#result.series.filter((one) => key(one) !== key(series));
    this.#result.series = [...others, series];
  }

  note(text: string): void {
    if (!this.#result.notes.includes(text)) this.#result.notes.push(text);
  }

  /** As it is now. */
  finish(): Result {
    const { reference, subjects } = this.#result;
    const known = subjects.some(({ name }) => name === reference);
    const ended = new Date().toISOString();
    const measurements = this.#measurements.map(withFlags);
    const whole = { ...this.#result, measurements, reference: known ? reference : null, ended };
    return structuredClone(whole);
  }
}

/** A flag of one round of many is not that of all. */
function withFlags({ flags, ...measurement }: Growing): Measurement {
  const count = measurement.values.length;
  const told = [...flags].map(([name, { text, rounds }]) => {
    return { name, text: rounds === count ? text : `in ${rounds} of ${count} rounds: ${text}` };
  });
  return { ...measurement, flags: told };
}
