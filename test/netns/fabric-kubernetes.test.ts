import { expect } from "vitest";
import { kubeScenario } from "../fixtures/kube-lab.ts";
import { fabricNode } from "../fixtures/kube-nodes.ts";
import { until } from "../fixtures/kube-wait.ts";

kubeScenario("two nodes find each other through the annotations of their Nodes", async (lab) => {
  const { api } = lab.kube;
  const [a, b] = [await lab.addHost("a", 11), await lab.addHost("b", 12)];
  await api.createNode("a", [], { "example.org/other": "stays" });
  await api.createNode("b");
  await api.createNode("bystander");
  const inA = await lab.startDriver(a, {
    ...{ nodeName: "a", annotations: "millrace", own: fabricNode("a", 11, 3) },
  });
  const inB = await lab.startDriver(b, {
    ...{ nodeName: "b", annotations: "millrace", own: fabricNode("b", 12, 2) },
  });
  await until("a knows b", () => inA.nodes.get("b"), Boolean);
  await until("b knows a", () => inB.nodes.get("a"), Boolean);
  expect(inA.nodes.get("b")).toEqual(fabricNode("b", 12, 2));
  expect(inB.nodes.get("a")).toEqual(fabricNode("a", 11, 3));
  expect([...inA.nodes.keys()]).toEqual(["b"]);
  expect(inA.told).toContainEqual({ synchronised: true });
  expect(await inA.status()).toMatchObject({
    ...{ driver: "kubernetes", connected: true, nodes: 1, rejected: [], lastError: "" },
  });
  expect((await inA.status()).synchronisedAt).toBeGreaterThan(Date.now() - 60_000);

  const changed = performance.now();
  await inB.publish(fabricNode("b", 13, 50));
  await until(
    "a knows that b has changed",
    () => inA.nodes.get("b"),
    (node) => node?.vteps[0]?.address4 === "192.0.2.13",
  );
  const visibleMs = Math.round(performance.now() - changed);
  expect(inA.nodes.get("b")).toEqual(fabricNode("b", 13, 50));

  const without = fabricNode("b", 13, 0);
  await inB.publish(without);
  await until(
    "the endpoints are gone",
    () => inA.nodes.get("b"),
    (node) => node?.networks[1]?.endpoints.length === 0,
  );
  const ours = async () =>
    Object.keys(await api.annotations("b"))
      .filter((key) => key.startsWith("millrace.io/"))
      .sort();
  expect(await ours()).toEqual(["millrace.io/networks", "millrace.io/vteps"]);
  expect(await api.annotations("a")).toMatchObject({ "example.org/other": "stays" });

  // What others remove or change is put right.
  await api.annotate("b", { "millrace.io/vteps": null, "millrace.io/endpoints-1-2": "[]" });
  await until(
    "b's annotations are as they were",
    ours,
    (keys) => keys.length === 2 && keys[1] === "millrace.io/vteps",
  );
  expect(inA.nodes.get("b")).toEqual(without);

  // As when a kubelet registers its Node anew.
  await api.deleteNode("b");
  await until(
    "a knows that b is gone",
    () => inA.nodes.has("b"),
    (known) => !known,
  );
  await api.createNode("b");
  await until("b is back", () => inA.nodes.get("b"), Boolean);
  expect(inA.nodes.get("b")).toEqual(without);

  await inB.close();
  expect(await ours()).toHaveLength(2);
  await api.createNode("late", [], await api.annotations("a"));
  await until("a knows the late one", () => inA.nodes.get("late"), Boolean);
  expect(inA.nodes.get("b")).toEqual(without);
  expect(inB.nodes.has("late")).toBe(false);
  console.log(`a change was visible on the other node after ${visibleMs} ms`);
});
