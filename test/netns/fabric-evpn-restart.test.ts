import { expect } from "vitest";
import {
  BRIDGE,
  DEVICE,
  evpnScenario,
  fdbOf,
  ip,
  openEvpnLab,
  ownNode,
  UDP_PORT,
  VTEP_A,
  VTEP_B,
} from "../fixtures/evpn.ts";
import { startDriver } from "../fixtures/evpn-driver.ts";
import { waitFor } from "../fixtures/wait.ts";

const POD = { mac: "02:00:00:00:0a:01", addresses: ["10.50.0.11"] };
const OTHER = { mac: "02:00:00:00:0a:02", addresses: ["10.50.0.12"] };
const FLOOD = ["fdb", "append", "00:00:00:00:00:00", "dev", DEVICE, "dst", VTEP_B];

evpnScenario(
  "a restart leaves what was announced, and sweeps what is not wanted",
  async (scope) => {
    const { a } = await openEvpnLab(scope);
    await a.namespace.must("bridge", FLOOD);
    const own = async () =>
      (await a.namespace.must("bridge", ["fdb", "show", "br", BRIDGE])) +
      (await ip(a, `neigh show dev ${BRIDGE}`));
    const isAnnounced = (text: string) => text.includes(POD.mac) && text.includes("10.50.0.11");
    const first = startDriver(scope, a.namespace, [DEVICE], ownNode(POD));
    await waitFor("the pod in the kernel", own, isAnnounced);
    await waitFor("b", () => first.nodes.has(VTEP_B), Boolean);
    await first.kill();
    expect(await own()).toSatisfy(isAnnounced);

    const second = startDriver(scope, a.namespace, [DEVICE], ownNode(OTHER));
    await waitFor("another pod", own, (text) => text.includes(OTHER.mac));
    await waitFor("the old one swept", own, (text) => !text.includes(POD.mac));

    // The device goes: what it told stays until it says something else.
    await ip(a, `link del ${DEVICE}`);
    const lastError = () => second.status()?.lastError ?? "";
    await waitFor("a complaint", lastError, (text) =>
      text.includes("there is no such VXLAN device"),
    );
    expect(second.status()).toMatchObject({ connected: false, nodes: 1 });
    expect(second.told).toEqual([`+${VTEP_B}`]);
    const vxlan = `type vxlan id 100 local ${VTEP_A} dstport ${UDP_PORT} nolearning`;
    await ip(a, `link add ${DEVICE} ${vxlan}`);
    await ip(a, `link set ${DEVICE} master ${BRIDGE} up`);
    await waitFor(
      "b gone, as the new device says",
      () => second.nodes.size,
      (count) => count === 0,
    );
    await a.namespace.must("bridge", FLOOD);
    await waitFor("b again", () => second.nodes.has(VTEP_B), Boolean);
    await waitFor("no complaint any more", lastError, (text) => text === "");
    await second.kill();

    // Not configured any more: nothing of ours stays.
    const third = startDriver(scope, a.namespace, [], ownNode(OTHER));
    await waitFor("all swept", own, (text) => !text.includes(OTHER.mac));
    expect(await ip(a, "link show")).not.toContain("millrace-evpn:");
    expect(await fdbOf(a)).toContain(VTEP_B);
    expect(third.nodes.size).toBe(0);
  },
);
