import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dataplaneSchema } from "../../src/config/dataplane-schema.ts";
import { parseConfig } from "../../src/config/load.ts";
import { namesIn } from "./guide.ts";
import { reference, settingTexts, usual, type Variant } from "./variant.ts";
import { variants } from "./variants.ts";

const guide = readFileSync(new URL("../../docs/tuning.md", import.meta.url), "utf8");
/** As the machine that it is written for: the sender's CPU and that of the worker. */
const host = { cpus: [0, 1] };

function configOf({ dataplane }: Variant) {
  const networks = [{ name: "bench", nodePrefixes: ["10.1.0.0/24"] }];
  const document = { dataplane: { ...usual, ...dataplane }, networks };
  return parseConfig(JSON.stringify(document), "variant.yaml", host);
}

describe("the variants", () => {
  it.each(
    variants.map((variant) => [variant.name, variant] as const),
  )("%s is a configuration that the agent takes, away from the usual one in what it names", (_, variant) => {
    const [ours, theirs] = [configOf(variant).dataplane, configOf(reference).dataplane];
    const keys = Object.keys(theirs) as (keyof typeof theirs)[];
    const differing = keys.filter((key) => !same(ours[key], theirs[key]));
    expect(differing.toSorted()).toEqual(Object.keys(variant.dataplane ?? {}).toSorted());
  });

  it("have names of their own, of which none is that of the reference", () => {
    const names = [reference, ...variants].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it("differ in something, but for the one that shows the noise", () => {
    const same = variants.filter((variant) => settingTexts(variant).length === 0);
    expect(same.map(({ name }) => name)).toEqual(["unchanged"]);
  });

  it("have a place in the guide each, and only one", () => {
    expect(namesIn(guide).toSorted()).toEqual(variants.map(({ name }) => name).toSorted());
  });

  it("start from the defaults but for the CPU of the worker, and hugepages", () => {
    const away = Object.keys(usual) as (keyof typeof usual)[];
    const defaults = dataplaneSchema.parse({});
    const kept = Object.entries(configOf(reference).dataplane).filter(
      ([key]) => !away.includes(key as keyof typeof usual),
    );
    expect(away).toEqual(["cpus", "hugepages"]);
    expect(kept).toEqual(Object.entries(defaults).filter(([key]) => !away.includes(key as never)));
  });
});

it("a setting is written as in a configuration file, or as one does it by hand", () => {
  const byName = (name: string) => variants.find((one) => one.name === name) as Variant;
  expect(settingTexts(byName("two-workers"))).toEqual([
    "dataplane.cpus: [1, 0]",
    "dataplane.podQueues: 2",
  ]);
  expect(settingTexts(byName("busy-poll-deferred"))).toEqual([
    "dataplane.busyPoll: {usecs: 20, budget: 64}",
    "/sys/class/net/PORT/napi_defer_hard_irqs: 2, gro_flush_timeout: 200000",
  ]);
});

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
