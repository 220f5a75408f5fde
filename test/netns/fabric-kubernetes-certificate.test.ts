import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { whatOpensslLacks } from "../fixtures/certificates.ts";
import { startKube, whatKubeLacks } from "../fixtures/kube.ts";
import { makeKubeAuthority } from "../fixtures/kube-certificates.ts";
import { startKubeDriver } from "../fixtures/kube-driver.ts";
import { hostScenario, SWITCH_ADDRESS } from "../fixtures/kube-hosts.ts";
import { fabricAnnotations, fabricNode } from "../fixtures/kube-nodes.ts";
import { until } from "../fixtures/kube-wait.ts";

const VALID_SECONDS = 15;

hostScenario(
  "a certificate that was renewed is used once the old one has expired, though the watch goes on",
  async ({ scope, control, addHost }) => {
    const authority = await makeKubeAuthority(scope);
    const { ca: clientCa, cert, key } = authority;
    const kube = await startKube(scope, control, { address: SWITCH_ADDRESS, clientCa });
    const a = await addHost("a", 11);
    await kube.api.createNode("a");
    await kube.api.createNode("b", [], fabricAnnotations(12));

    await authority.issue("millrace", VALID_SECONDS);
    const issued = performance.now();
    const kubeconfig = kube.kubeconfig("millrace", { cert, key });
    const own = fabricNode("a", 11);
    const driver = await startKubeDriver(scope, a, {
      ...{ nodeName: "a", annotations: "millrace", kubeconfig, own },
    });
    await until("b", () => driver.nodes.get("b"), Boolean);
    const published = async () => (await kube.api.annotations("a"))["millrace.io/vteps"] ?? "";
    await until("our node", published, (text) => text.includes("192.0.2.11"));
    expect(performance.now() - issued).toBeLessThan(VALID_SECONDS * 1000);

    await authority.issue("millrace", 3600);
    await delay(VALID_SECONDS * 1000 + 2000 - (performance.now() - issued));
    await driver.publish(fabricNode("a", 21));
    await until("our node as it is now", published, (text) => text.includes("192.0.2.21"));
    expect(await driver.status()).toMatchObject({ connected: true, nodes: 1, rejected: [] });
    expect(driver.told.filter((one) => !("synchronised" in one))).toHaveLength(1);
  },
  { lacks: async () => whatOpensslLacks() || (await whatKubeLacks()) },
);
