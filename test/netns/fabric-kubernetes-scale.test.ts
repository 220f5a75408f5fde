import { expect } from "vitest";
import { kubeScenario } from "../fixtures/kube-lab.ts";
import { fabricAnnotations, fabricNode } from "../fixtures/kube-nodes.ts";
import { until } from "../fixtures/kube-wait.ts";

const NODES = 1000;
const ENDPOINTS = 50;

kubeScenario(
  `${NODES} nodes with ${NODES * ENDPOINTS} endpoints are told in seconds`,
  async (lab) => {
    const { api } = lab.kube;
    const a = await lab.addHost("a", 11);
    await api.createNode("a");
    const { endpoints } = fabricNode("", 12, ENDPOINTS).networks[1] ?? {};
    const stations = { "millrace.io/endpoints-4789-200": JSON.stringify(endpoints) };
    for (let i = 0; i < NODES; i++) {
      await api.createNode(`n${i}`, [], { ...fabricAnnotations(12), ...stations });
    }
    const driver = await lab.startDriver(a, {
      ...{ nodeName: "a", annotations: "both", own: fabricNode("a", 11) },
    });
    const started = performance.now();
    const isSynchronised = () => driver.told.some((one) => "synchronised" in one);
    await until("all nodes", isSynchronised, Boolean);
    const syncMs = Math.round(performance.now() - started);
    expect(driver.nodes.size).toBe(NODES);
    expect(driver.nodes.get("n999")).toEqual({ ...fabricNode("n999", 12, ENDPOINTS) });

    const changed = performance.now();
    await api.annotate("n500", fabricAnnotations(13));
    await until(
      "one change",
      () => driver.nodes.get("n500")?.vteps[0]?.address4,
      (address) => address === "192.0.2.13",
    );
    const changeMs = Math.round(performance.now() - changed);
    expect(syncMs).toBeLessThan(10_000);
    expect(changeMs).toBeLessThan(1000);
    const mebibytes = Math.round((await driver.memory()) / 2 ** 20);
    console.log(`full sync ${syncMs} ms, one change ${changeMs} ms, RSS ${mebibytes} MiB`);
  },
);
