import { expect } from "vitest";
import { countersOf } from "../fixtures/counters.ts";
import { type CriLab, criScenario, type Sandbox } from "../fixtures/cri.ts";
import { expectNothingLeft } from "../fixtures/leaks.ts";
import { mustReach } from "../fixtures/ping.ts";

const PINGS_OF_BOTH_FAMILIES = 4;

criScenario(
  "A sandbox has what our network gave it, and containerd knows the same of it",
  {},
  async (lab) => {
    const pod = await lab.runPod("a");
    expect(pod).toMatchObject({ ip4: "10.81.1.2", ip6: "fd81:1::2" });
    const eth0 = (await pod.namespace.links()).find(({ ifname }) => ifname === "eth0");
    expect(eth0?.mtu).toBe(1400);
    expect(await pod.namespace.must("ip", ["route"])).toContain(
      "10.81.1.0/24 via 10.81.1.1 dev eth0",
    );
    const [host] = (await lab.node.links()).filter(({ ifname }) => ifname !== "lo");
    expect(pod.interfaces).toMatchObject({
      [host?.ifname ?? ""]: { Mac: host?.address, Sandbox: "", IPConfigs: null },
      eth0: {
        Mac: eth0?.address,
        Sandbox: pod.namespace.path,
        IPConfigs: [
          { IP: "10.81.1.2", Gateway: "10.81.1.1" },
          { IP: "fd81:1::2", Gateway: "fd81:1::1" },
        ],
      },
    });
  },
);

criScenario("Two sandboxes exchange traffic through the ring loop", {}, async (lab) => {
  const [a, b] = [await lab.runPod("a"), await lab.runPod("b")];
  const before = await transmitted(lab, b);
  await mustReach(a, b);
  expect((await transmitted(lab, b)) - before).toBeGreaterThanOrEqual(PINGS_OF_BOTH_FAMILIES);
});

criScenario("A sandbox that is stopped, twice, and removed leaves nothing", {}, async (lab) => {
  const [a, b] = [await lab.runPod("a"), await lab.runPod("b")];
  // As a kubelet does that has been restarted.
  await lab.containerd.cri.stop(a.id);
  for (const pod of [a, b]) await lab.deletePod(pod);
  expect(await lab.containerd.cri.list()).toEqual([]);
  await expectNothingLeft(lab);
});

const transmitted = async (lab: CriLab, pod: Sandbox): Promise<number> =>
  (await countersOf(lab, pod)).counters["tx_packets"] ?? 0;
