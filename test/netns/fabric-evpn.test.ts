import { expect } from "vitest";
import {
  BRIDGE,
  evpnScenario,
  fdbOf,
  HOST,
  hostSpeaks,
  ip,
  LIMIT_MS,
  openEvpnLab,
  ownNode,
  startEvpnRouter,
  UDP_PORT,
  VNI,
  VTEP_A,
  VTEP_B,
} from "../fixtures/evpn.ts";
import { startDriver } from "../fixtures/evpn-driver.ts";
import { waitFor } from "../fixtures/wait.ts";

const POD = { mac: "02:00:00:00:0a:01", addresses: ["10.50.0.11", "fd50::11"] };
const LATER = { mac: "02:00:00:00:0a:02", addresses: ["10.50.0.12"] };
const STATION = { mac: HOST.mac, addresses: [HOST.ip4, HOST.ip6] };

evpnScenario("VTEPs and stations go both ways between FRR and the fabric", async (scope) => {
  const lab = await openEvpnLab(scope);
  const driver = startDriver(scope, lab.a.namespace, [`vxlan${VNI}`], ownNode(POD));
  await waitFor("the first reading", driver.synchronised, (times) => times === 1);
  expect(driver.nodes.size).toBe(0);
  await startEvpnRouter(scope, lab.a);
  await startEvpnRouter(scope, lab.b);

  const nodeB = () => driver.nodes.get(VTEP_B);
  await waitFor("b as a node", nodeB, (node) => node !== undefined, LIMIT_MS);
  await hostSpeaks(lab);
  const stations = () => nodeB()?.networks[0]?.endpoints;
  const hasBoth = (all = stations()) => all?.[0]?.addresses.length === 2;
  await waitFor("the station of b, both families", stations, hasBoth, LIMIT_MS);
  expect([...driver.nodes.values()]).toEqual([
    {
      name: VTEP_B,
      vteps: [{ udpPort: UDP_PORT, address4: VTEP_B, address6: "" }],
      networks: [{ vni: VNI, udpPort: UDP_PORT, mac: "", prefixes: [], endpoints: [STATION] }],
    },
  ]);

  const remote = (mac: string) => new RegExp(`^${mac} dst ${VTEP_A} .*extern_learn`, "m");
  const seen = (mac: string) => (fdb: string) => remote(mac).test(fdb);
  await waitFor("our pod in the FDB of b", () => fdbOf(lab.b), seen(POD.mac), LIMIT_MS);
  const neighbours = () => ip(lab.b, `neigh show dev ${BRIDGE}`);
  for (const address of POD.addresses) {
    const line = new RegExp(`^${address} lladdr ${POD.mac} extern_learn`, "m");
    await waitFor(`${address} on b`, neighbours, (all) => line.test(all), LIMIT_MS);
  }

  driver.publish(ownNode(POD, LATER));
  await waitFor("a later pod", () => fdbOf(lab.b), seen(LATER.mac), LIMIT_MS);
  driver.publish(ownNode(LATER));
  await waitFor(
    "the first pod gone",
    () => fdbOf(lab.b),
    (fdb) => !seen(POD.mac)(fdb),
    LIMIT_MS,
  );
  expect(seen(LATER.mac)(await fdbOf(lab.b))).toBe(true);
  await waitFor("its addresses gone", neighbours, (all) => !all.includes(POD.mac), LIMIT_MS);
  expect(driver.status()).toMatchObject({ connected: true, nodes: 1, rejected: [], lastError: "" });
  // What came in the end was told of by the kernel: the full reading comes after 30 seconds.
  expect(driver.events()).toBeGreaterThan(0);
});
