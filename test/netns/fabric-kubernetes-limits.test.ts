import { expect } from "vitest";
import { kubeScenario } from "../fixtures/kube-lab.ts";
import { fabricNode } from "../fixtures/kube-nodes.ts";
import { until } from "../fixtures/kube-wait.ts";

const WANTED = 6000;

kubeScenario(
  "more endpoints than a Node can hold are refused, the others are kept",
  async (lab) => {
    const { api } = lab.kube;
    const [a, b] = [await lab.addHost("a", 11), await lab.addHost("b", 12)];
    await api.createNode("a", [], { "example.org/large": "x".repeat(50_000) });
    await api.createNode("b");
    const inB = await lab.startDriver(b, {
      ...{ nodeName: "b", annotations: "millrace", own: fabricNode("b", 12) },
    });
    const own = fabricNode("a", 11, WANTED);
    const inA = await lab.startDriver(a, { nodeName: "a", annotations: "millrace", own });
    const node = await until("b knows a", () => inB.nodes.get("a"), Boolean);
    const { rejected } = await inA.status();
    expect(rejected).toHaveLength(1);
    expect(rejected[0]?.key).toBe("a millrace.io/endpoints-4789-200");
    const [, kept] = /^(\d+) of 6000 endpoints published: .*262144 bytes/.exec(
      rejected[0]?.reason ?? "",
    ) ?? ["", ""];
    expect(Number(kept)).toBeGreaterThan(2000);
    expect(node?.networks[0]).toEqual(own.networks[0]);
    expect(node?.networks[1]?.endpoints).toEqual(own.networks[1]?.endpoints.slice(0, Number(kept)));
    const bytes = Object.entries(await api.annotations("a"))
      .flat()
      .join("").length;
    expect(bytes).toBeLessThanOrEqual((256 - 32) * 1024);
    expect(bytes).toBeGreaterThan((256 - 33) * 1024);
    await inA.publish(fabricNode("a", 11, 10));
    await until(
      "nothing is refused",
      () => inA.status(),
      (now) => now.rejected.length === 0,
    );
  },
);

kubeScenario("one who may not read the Nodes is told so by the API's own words", async (lab) => {
  const a = await lab.addHost("a", 11);
  const driver = await lab.startDriver(a, {
    ...{ nodeName: "a", annotations: "millrace", own: fabricNode("a", 11) },
    kubeconfig: lab.kube.kubeconfig("stranger"),
  });
  const { lastError } = await until(
    "an answer of the API",
    () => driver.status(),
    (now) => now.lastError.startsWith("HTTP"),
  );
  expect(lastError).toMatch(/^HTTP 403: nodes is forbidden: User "stranger" cannot list/);

  const nobody = await lab.startDriver(a, {
    ...{ nodeName: "a", annotations: "millrace", own: fabricNode("a", 11) },
    kubeconfig: "/nonexistent/kubeconfig",
  });
  await until(
    "the missing kubeconfig is named",
    () => nobody.status(),
    (now) => !now.connected && now.lastError.includes("/nonexistent/kubeconfig"),
  );
});
