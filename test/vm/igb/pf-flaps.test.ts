import { expect } from "vitest";
import type { Bdf } from "../../../sriov/types.ts";
import { mustPing } from "../../fixtures/ping.ts";
import type { Pod } from "../../fixtures/pod.ts";
import { waitFor } from "../../fixtures/wait.ts";
import { createNamespace, type Namespace } from "../../harness/namespace.ts";
import { must } from "../../harness/run.ts";
import type { Scope } from "../../harness/scope.ts";
import { ifnameOf, pfsOf, writeDevice } from "../fixtures/pci.ts";
import { agentScenario } from "../fixtures/scenario.ts";
import { startTraffic } from "../fixtures/traffic.ts";
import {
  moveVf,
  startVfNode,
  untilUplink,
  uplinkPort,
  VF,
  type VfNode,
  withLogs,
} from "../fixtures/vf-node.ts";
import { createVfs } from "../fixtures/vfs.ts";

// Routed: an igb VF hears nothing but its own address, whatever it is asked to.
const NETWORK = {
  name: "blue",
  nodePrefixes: ["10.81.1.0/24"],
  routes: ["0.0.0.0/0"],
  uplinks: [{ interface: VF }],
  mirror: { table: "main" },
};
const [NEAR, FAR] = ["10.99.0.1", "10.99.0.2"];
const FLAPS = 10;
const ERRORS = /"level":"(error|fatal)"/;
const CARRIER_LIMIT_MS = 60_000;

agentScenario(
  "A generic-mode VF goes on carrying packets when its PF has flapped",
  async (scope) => {
    const { pf, node, pod, place } = await connectedPod(scope);
    await withLogs([node], async () => {
      const port = await untilUplink(node);
      expect(port).toMatchObject({ mode: "generic" });
      const traffic = await startTraffic(scope, pod, FAR);
      for (let flap = 1; flap <= FLAPS; flap++) {
        const seen = flap === 1 || flap === FLAPS; // the others are over before the VF has seen them
        await must("ip", ["link", "set", ifnameOf(pf), "down"]);
        if (seen) await untilCarrier(place, false);
        await must("ip", ["link", "set", ifnameOf(pf), "up"]);
        if (seen) await untilCarrier(place, true);
      }
      await traffic.untilMore();
      expect(await untilUplink(node)).toMatchObject({ port: port.port, mode: "generic" });
      expect(node.agent.log()).not.toMatch(ERRORS);
      expect(await node.agent.stop()).toBe(0);
    });
  },
);

// igb takes no part in a reset of its device, and its VFs are deaf from then on, whoever has them.
agentScenario(
  "An agent outlives the reset of a PF, and takes up the VF made anew",
  async (scope) => {
    const { pf, node, pod, place } = await connectedPod(scope);
    await withLogs([node], async () => {
      const traffic = await startTraffic(scope, pod, FAR);
      await writeDevice(pf, "reset", "1");
      await writeDevice(pf, "sriov_numvfs", "0");
      await waitFor(
        "no port of the VF",
        () => uplinkPort(node),
        (port) => port === null,
        CARRIER_LIMIT_MS,
      );
      await must("ip", ["link", "set", ifnameOf(pf), "down"]);
      await makeVf(scope, pf, place);
      expect(await untilUplink(node)).toMatchObject({ mode: "generic" });
      await traffic.untilMore();
      expect(node.agent.log()).not.toMatch(ERRORS);
      expect(await node.agent.stop()).toBe(0);
    });
  },
);

interface Connected {
  pf: Bdf;
  place: Namespace;
  node: VfNode;
  pod: Pod;
}

/** A pod of a node on a VF of the first PF, from which the second PF can be reached. */
async function connectedPod(scope: Scope): Promise<Connected> {
  const [pf = "", other = ""] = pfsOf("igb");
  const far = await createNamespace(scope, "far");
  await must("ip", ["link", "set", ifnameOf(other), "netns", far.name, "name", "far0"]);
  await far.must("ip", ["address", "add", `${FAR}/24`, "dev", "far0"]);
  await far.must("ip", ["link", "set", "far0", "up"]);
  await far.must("ip", ["route", "add", "10.81.1.0/24", "via", NEAR]);
  const place = await createNamespace(scope, "node");
  await makeVf(scope, pf, place);
  const node = await startVfNode(scope, place, { networks: [NETWORK] });
  const pod = await node.addPod("blue", "a");
  await mustPing(pod, FAR, { patience: 60 });
  return { pf, place, node, pod };
}

async function makeVf(scope: Scope, pf: Bdf, place: Namespace): Promise<void> {
  const [vf = ""] = await createVfs(scope, pf, 1, { macs: ["52:54:0a:00:00:01"] });
  await moveVf(vf, place);
  await place.must("ip", ["address", "add", `${NEAR}/24`, "dev", VF]);
}

/** igbvf asks its PF for the state of the link now and then. */
async function untilCarrier({ must: inside }: Namespace, there: boolean): Promise<void> {
  const operstate = async () =>
    JSON.parse(await inside("ip", ["-json", "link", "show", VF]))[0].operstate;
  const wanted = there ? "UP" : "DOWN";
  await waitFor(`${VF} ${wanted}`, operstate, (state) => state === wanted, CARRIER_LIMIT_MS);
}
