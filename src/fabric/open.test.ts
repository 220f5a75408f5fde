import { pino } from "pino";
import { expect, test } from "vitest";
import { parseConfig } from "../config/load.ts";
import type { FabricConfig } from "../config/schema.ts";
import { FakeKernel, FakeNative } from "../dataplane/fake-native.ts";
import { openFabric } from "./open.ts";

const log = pino({ level: "silent" });

const OVERLAY = `
networks: [{name: under, uplinks: [{interface: eth1}]}]
vteps: [{name: vtep0, underlay: under}]
`;

function fabricOf(text: string): FabricConfig {
  const { fabric } = parseConfig(`fabric: ${text}\n${OVERLAY}`, "test.yaml", { cpus: [0] });
  if (!fabric) throw new Error("the text names a fabric");
  return fabric;
}

test.each([
  ["static", "{driver: static, nodes: [{name: n1, vteps: [{addresses: [192.0.2.1]}]}]}"],
  ["etcd", '{driver: etcd, endpoints: ["http://127.0.0.1:2379"]}'],
  ["etcd", '{driver: etcd, endpoints: ["https://127.0.0.1:2379"], tls: {ca: /ca.pem}}'],
  ["kubernetes", "{driver: kubernetes, kubeconfig: /etc/kubeconfig}"],
  ["evpn", "{driver: evpn, devices: [{vxlan: vxlan100}]}"],
])("The configuration chooses the driver %s, which is not connected yet", async (name, text) => {
  const kernel = new FakeNative(new FakeKernel());
  const driver = await openFabric(fabricOf(text), "n1", kernel, log);
  expect(driver.status()).toMatchObject({ driver: name, connected: false, nodes: 0 });
});
