import { expect } from "vitest";
import { kubeScenario } from "../fixtures/kube-lab.ts";
import { fabricAnnotations, fabricNode } from "../fixtures/kube-nodes.ts";
import { until } from "../fixtures/kube-wait.ts";

kubeScenario("a watch that dies without a word is noticed, and made anew", async (lab) => {
  const { api } = lab.kube;
  const a = await lab.addHost("a", 11);
  await api.createNode("a");
  await api.createNode("b", [], fabricAnnotations(12));
  await api.createNode("c", [], fabricAnnotations(13));
  const driver = await lab.startDriver(a, {
    ...{ nodeName: "a", annotations: "millrace", own: fabricNode("a", 11) },
    timing: { silenceMs: 4000, maxRetryMs: 1000 },
  });
  await until(
    "both nodes",
    () => driver.nodes.size,
    (count) => count === 2,
  );

  // Without carrier on the far end nobody is told that the connection is dead.
  const cut = performance.now();
  await lab.control.must("ip", ["link", "set", "to-a", "nomaster"]);
  await api.deleteNode("b");
  await until(
    "the silence is noticed",
    () => driver.status(),
    (now) => !now.connected,
  );
  const noticedMs = Math.round(performance.now() - cut);
  expect([...driver.nodes.keys()].sort()).toEqual(["b", "c"]);

  await lab.control.must("ip", ["link", "set", "to-a", "master", "br0"]);
  const healed = performance.now();
  await until(
    "b is gone",
    () => driver.nodes.has("b"),
    (known) => !known,
  );
  const healedMs = Math.round(performance.now() - healed);
  expect(driver.nodes.get("c")).toEqual(fabricNode("c", 13));
  expect(driver.told.filter((one) => "gone" in one)).toEqual([{ gone: "b" }]);

  await lab.control.must("ip", ["link", "set", "to-a", "nomaster"]);
  const closing = performance.now();
  await driver.close();
  expect(performance.now() - closing).toBeLessThan(1000);
  console.log(`partition noticed after ${noticedMs} ms, caught up ${healedMs} ms after it healed`);
});
