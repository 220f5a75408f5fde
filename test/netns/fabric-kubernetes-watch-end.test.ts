import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { kubeScenario } from "../fixtures/kube-lab.ts";
import { fabricAnnotations, fabricNode } from "../fixtures/kube-nodes.ts";
import { until } from "../fixtures/kube-wait.ts";

const WATCH_SECONDS = 3;

kubeScenario(
  "a watch that the server ends goes on where it was, and the list is read now and then",
  async (lab) => {
    const { api } = lab.kube;
    const a = await lab.addHost("a", 11);
    await api.createNode("a");
    await api.createNode("b", [], fabricAnnotations(12));
    const driver = await lab.startDriver(a, {
      ...{ nodeName: "a", annotations: "millrace", own: fabricNode("a", 11) },
      timing: { relistMs: 4 * WATCH_SECONDS * 1000 },
    });
    await until("b", () => driver.nodes.get("b"), Boolean);
    const { synchronisedAt } = await driver.status();
    await delay(2 * WATCH_SECONDS * 1000 + 500);
    expect(await driver.status()).toMatchObject({ synchronisedAt, connected: true });
    await api.annotate("b", fabricAnnotations(13));
    await until(
      "the change of b",
      () => driver.nodes.get("b")?.vteps[0]?.address4,
      (address) => address === "192.0.2.13",
    );
    expect((await driver.status()).synchronisedAt).toBe(synchronisedAt);

    await until(
      "the list is read again",
      () => driver.status(),
      (now) => now.synchronisedAt > synchronisedAt,
    );
    expect(await driver.status()).toMatchObject({ connected: true, nodes: 1, lastError: "" });
    // Both lists and all watches told each state of b but once.
    const changes = driver.told.filter((one) => "changed" in one);
    expect(changes).toHaveLength(2);
    expect(driver.told.filter((one) => "synchronised" in one)).toHaveLength(2);
  },
  { watchSeconds: WATCH_SECONDS },
);
