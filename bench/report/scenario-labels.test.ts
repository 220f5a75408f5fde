import { expect, it } from "vitest";
import { scenarioLabels } from "./scenario-labels.ts";

const size = "64 B";

it("labels scenarios by size, flows and source, and by name where nothing else is known", () => {
  const labels = scenarioLabels([
    { name: "a", size, flows: 65536, source: "skb" },
    { name: "b", size: "IMIX", flows: 1000 },
    { name: "cni-add" },
  ]);
  expect([...labels.values()]).toEqual(["64 B, 64k flows, skb", "IMIX, 1,000 flows", "cni-add"]);
});

it("adds what the names of otherwise equal scenarios say more", () => {
  const labels = scenarioLabels([
    { name: "route-64B", size },
    { name: "route-64B-50%", size },
  ]);
  expect([...labels.values()]).toEqual(["64 B", "64 B, 50%"]);
});

it("gives names where nothing else tells scenarios apart", () => {
  const names = ["routes-1k", "routes-1M"];
  const labels = scenarioLabels(names.map((name) => ({ name, size })));
  expect([...labels.values()]).toEqual(names);
});

it("lets scenarios of different tasks have the same label", () => {
  const labels = scenarioLabels(["route", "bridge"].map((task) => ({ name: task, task, size })));
  expect([...labels.values()]).toEqual([size, size]);
});
