import { z } from "zod";
import { checkNames } from "./result-names.ts";

/** Number of the format; a reader refuses any other. */
export const resultFormat = 1;

const flag = z.object({
  name: z.enum(["generator-limited", "sink-limited", "disturbed", "clock"]),
  text: z.string().describe("in words, with the numbers"),
});

/** What was loaded, in the terms of RFC 2544; the keys that do not apply are left out. */
const scenario = z.object({
  name: z.string().describe('unique in a result, e.g. "route-64B-1flow-skb"'),
  task: z.string().optional().describe("route, bridge, vxlan-encap, vxlan-decap …"),
  size: z.string().optional().describe('"64 B" with FCS, or "IMIX"'),
  flows: z.int().positive().optional(),
  source: z
    .enum(["skb", "frame"])
    .optional()
    .describe("packets as a pod sends them, or frames as a NIC delivers them"),
  lineRate: z
    .number()
    .positive()
    .optional()
    .describe("bit/s of the slower interface; left out where it has no speed, as on a veth"),
});

const measurement = z.object({
  scenario: z.string(),
  subject: z.string(),
  metric: z.string().describe("throughput, ndr, pdr, latency-p99, cpu-per-frame …"),
  unit: z.string().describe("frames/s, bit/s, ns, percent …"),
  better: z.enum(["higher", "lower"]),
  values: z.array(z.number()).min(1).describe("one of each round, in their order"),
  placement: z.string().optional().describe("where the subject did its work"),
  modes: z
    .string()
    .optional()
    .describe('modes reached, e.g. "sent as live frames, received natively"'),
  flags: z.array(flag).describe("what speaks against the values"),
});

const axis = z.object({ label: z.string(), unit: z.string(), log: z.boolean().optional() });

const series = z.object({
  scenario: z.string(),
  subject: z.string(),
  title: z.string().describe("series of one scenario and title share a plot"),
  x: axis,
  y: axis,
  points: z.array(z.tuple([z.number(), z.number()])),
});

/** What the machine does not tell is left out. */
const machine = z.object({
  cpu: z.string().optional(),
  cpus: z.int().positive().optional(),
  memoryBytes: z.int().positive().optional(),
  kernel: z.string().optional(),
  os: z.string().optional(),
  virtualization: z.string().describe('"none" on bare metal'),
  mitigations: z.array(z.string()).describe("those of the kernel that are in force"),
  clockSource: z.string().optional(),
  settings: z
    .record(z.string(), z.string())
    .describe("of the kernel and of NICs, as far as they move the numbers"),
});

/** What a benchmark writes with --json, and every report is made from. */
export const resultSchema = z
  .object({
    format: z.literal(resultFormat),
    method: z.string().describe("rfc2544, pps, latency, soak, sweep, compare, attach …"),
    run: z
      .string()
      .optional()
      .describe(
        "the same in two documents whose rounds were made in turns: their rounds are pairs",
      ),
    started: z.iso.datetime(),
    ended: z.iso.datetime(),
    command: z.array(z.string()).describe("the exact command line"),
    version: z.string().describe("of Millrace, with the commit"),
    machine,
    scenarios: z.array(scenario),
    subjects: z.array(z.object({ name: z.string(), description: z.string() })),
    reference: z.string().nullable().describe("the subject that ratios are taken to; null: none"),
    measurements: z
      .array(measurement)
      .describe("the first metric of a scenario is its main one, which ratios are given of"),
    series: z.array(series),
    notes: z.array(z.string()).describe("what a reader must know to judge the numbers"),
  })
  .superRefine(checkNames);

export type Result = z.infer<typeof resultSchema>;
export type Scenario = z.infer<typeof scenario>;
export type Measurement = z.infer<typeof measurement>;
export type Series = z.infer<typeof series>;
export type Axis = z.infer<typeof axis>;
export type Machine = z.infer<typeof machine>;
export type ResultFlag = z.infer<typeof flag>;

/** JSON Schema (draft 2020-12) of the document; that names agree, it cannot say. */
export function resultJsonSchema(): object {
  return {
    ...z.toJSONSchema(resultSchema),
    title: `Millrace benchmark result, format ${resultFormat}`,
  };
}
