import { traits } from "../scenario-labels.ts";
import { flagText } from "../tables.ts";
import type { Cell, ScenarioView } from "../view.ts";
import type { LinePlot, PlotLine } from "./line-layout.ts";

/** Preamble, start delimiter and the gap between frames take time on the wire, but are no part of them. */
const WIRE_OVERHEAD = 20;
/** With fewer sizes, bars tell it better. */
const FEWEST = 3;

interface Sized {
  bytes: number;
  view: ScenarioView;
}

/** The main metric over the frame size, as RFC 2544 section 26.1 asks for, with the line rate if known. */
export function bySize(scenarios: readonly ScenarioView[]): LinePlot[] {
  const sized = scenarios.flatMap((view) => {
    const bytes = /^(\d+) B$/.exec(view.scenario.size ?? "")?.[1];
    return bytes === undefined ? [] : [{ bytes: Number(bytes), view }];
  });
  const groups = Map.groupBy(sized, ({ view }) => JSON.stringify([captionOf(view), mainOf(view)]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group as [Sized];
    const [metric] = first.view.metrics;
    const sizes = new Set(group.map(({ bytes }) => bytes));
    // With two scenarios of one size, something else varies.
    if (metric === undefined || sizes.size < Math.max(FEWEST, group.length)) return [];
    const subjects = [...new Set(group.flatMap(({ view }) => view.rows.map((row) => row.subject)))];
    const lines = subjects.map((subject) => lineOf(subject, metric.name, group));
    return [
      {
        caption: captionOf(first.view) || metric.name,
        x: { label: "frame size", unit: "B", log: true },
        y: { label: metric.name, unit: metric.unit },
        lines: [...lines, ...lineRate(group, metric.unit)],
      },
    ];
  });
}

/** What the plot is of, besides the size. */
function captionOf({ scenario: { flows, source } }: ScenarioView): string {
  return traits({ flows, source });
}

function mainOf({ metrics }: ScenarioView): string {
  return metrics[0]?.name ?? "";
}

function lineOf(subject: string, metric: string, group: readonly Sized[]): PlotLine {
  const points = group.flatMap(({ bytes, view }) => {
    const cell = view.rows.find((row) => row.subject === subject)?.cells.get(metric);
    return cell ? [{ x: bytes, ...pointOf(cell) }] : [];
  });
  return { subject, points };
}

function pointOf({ spread, measurement }: Cell) {
  const { median, min, max } = spread;
  const flags = measurement.flags.map(flagText).join("; ");
  return { y: median, min, max, ...(flags === "" ? {} : { flags }) };
}

/** What fits onto the wire, in the unit of the others. */
function lineRate(group: readonly Sized[], unit: string): PlotLine[] {
  const points = group.flatMap(({ bytes, view }) => {
    const { lineRate } = view.scenario;
    if (lineRate === undefined) return [];
    const frames = lineRate / ((bytes + WIRE_OVERHEAD) * 8);
    return [{ x: bytes, y: unit === "bit/s" ? frames * bytes * 8 : frames }];
  });
  const known = unit === "bit/s" || unit === "frames/s";
  return known && points.length > 0 ? [{ subject: "line rate", limit: true, points }] : [];
}
