import { expect } from "vitest";
import {
  addVxlan,
  evpnScenario,
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

const L3VNI = 200;
const [MAC_A, MAC_B] = ["02:00:00:00:a2:01", "02:00:00:00:b2:01"];
const [OURS, THEIRS, LATER] = ["10.51.0.0/24", "10.52.0.0/24", "10.53.0.0/24"];

const announcing = (...prefixes: string[]) => ({
  zebra: [`vni ${L3VNI}`],
  evpn: ["  advertise ipv4 unicast"],
  bgp: [
    " address-family ipv4 unicast",
    ...prefixes.map((prefix) => `  network ${prefix}`),
    "  redistribute kernel",
    " exit-address-family",
  ],
});

evpnScenario("prefixes of type 5 come with the router MAC, in the default VRF", async (scope) => {
  const { a, b } = await openEvpnLab(scope);
  await addVxlan(a, L3VNI, MAC_A);
  await addVxlan(b, L3VNI, MAC_B);
  await startEvpnRouter(scope, a, announcing(OURS));
  await startEvpnRouter(scope, b, announcing(THEIRS));
  const own = ownNode();
  own.networks.push({
    ...{ vni: L3VNI, udpPort: UDP_PORT, mac: MAC_A, prefixes: [OURS], endpoints: [] },
  });
  const devices = [`vxlan${VNI}`, `vxlan${L3VNI}`];
  const driver = startDriver(scope, a.namespace, devices, own);
  const prefixes = () =>
    driver.nodes.get(VTEP_B)?.networks.find(({ vni }) => vni === L3VNI)?.prefixes ?? [];
  await waitFor("a prefix of b", prefixes, (all) => all.includes(THEIRS), LIMIT_MS);
  expect(driver.nodes.get(VTEP_B)?.networks).toContainEqual({
    ...{ vni: L3VNI, udpPort: UDP_PORT, mac: MAC_B, prefixes: [THEIRS], endpoints: [] },
  });
  const routes = () => ip(b, "route show");
  const through = `via ${VTEP_A} dev br${L3VNI}`;
  const isOurs = (line: string) => line.startsWith(OURS) && line.includes(through);
  await waitFor("ours on b", routes, (all) => all.split("\n").some(isOurs), LIMIT_MS);

  await ip(b, `route add blackhole ${LATER}`);
  const addedAt = performance.now();
  await waitFor("a later prefix", prefixes, (all) => all.includes(LATER), LIMIT_MS);
  await ip(b, `route del blackhole ${LATER}`);
  await waitFor("it is gone", prefixes, (all) => !all.includes(LATER), LIMIT_MS);
  // By the kernel's word, not by the reading of everything that comes every 30 seconds.
  expect(performance.now() - addedAt).toBeLessThan(20_000);
  await waitFor(
    "no doubts",
    () => driver.status()?.rejected,
    (all) => all?.length === 0,
  );
});
