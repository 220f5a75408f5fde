import { expect } from "vitest";
import { kubeScenario } from "../fixtures/kube-lab.ts";
import { fabricAnnotations, fabricNode } from "../fixtures/kube-nodes.ts";
import { until } from "../fixtures/kube-wait.ts";

kubeScenario(
  "while the API is away the nodes stay, and afterwards all is caught up",
  async (lab) => {
    const { api } = lab.kube;
    const a = await lab.addHost("a", 11);
    await api.createNode("a");
    for (const number of [12, 13, 14]) {
      await api.createNode(`n${number}`, [], fabricAnnotations(number));
    }
    const driver = await lab.startDriver(a, {
      ...{ nodeName: "a", annotations: "millrace", own: fabricNode("a", 11) },
      timing: { maxRetryMs: 1000 },
    });
    await until(
      "three nodes",
      () => driver.nodes.size,
      (count) => count === 3,
    );

    await lab.kube.stop();
    await until(
      "the API is away",
      () => driver.status(),
      (now) => !now.connected,
    );
    expect(await driver.status()).toMatchObject({ nodes: 3 });
    expect((await driver.status()).lastError).toMatch(/closed|ECONN|other side|hang up/);
    const own = fabricNode("a", 21);
    await driver.publish(own);
    await driver.publish({ ...own, networks: own.networks.slice(0, 1) });
    expect([...driver.nodes.keys()].sort()).toEqual(["n12", "n13", "n14"]);

    await lab.kube.start();
    const back = performance.now();
    await api.deleteNode("n13");
    await api.annotate("n14", fabricAnnotations(24));
    await until(
      "n13 is gone",
      () => driver.nodes.has("n13"),
      (known) => !known,
    );
    await until(
      "n14 has moved",
      () => driver.nodes.get("n14")?.vteps[0]?.address4,
      (address) => address === "192.0.2.24",
    );
    const { networks } = own;
    const bare = networks.slice(0, 1).map(({ endpoints: _, ...network }) => network);
    await until(
      "our node as it is now is published",
      async () => (await api.annotations("a"))["millrace.io/networks"],
      (text) => text === JSON.stringify(bare),
    );
    const backMs = Math.round(performance.now() - back);
    expect(driver.nodes.get("n12")).toEqual(fabricNode("n12", 12));
    expect(driver.told.filter((one) => "gone" in one)).toEqual([{ gone: "n13" }]);
    expect(await driver.status()).toMatchObject({ connected: true, nodes: 2, lastError: "" });
    console.log(`${backMs} ms after the API server's return all was caught up`);
  },
);
