import { expect } from "vitest";
import { countersOf, dropsOf, expectBalanced } from "../fixtures/counters.ts";
import { type Lab, NETWORKS } from "../fixtures/lab.ts";
import type { Pod } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { exchangeDatagrams, exchangeStreams } from "../fixtures/sockets.ts";
import { attachProgram, expectTransmit, transmitOf } from "../fixtures/transmit.ts";

const BYTES = 2_000_000;
const SIZES = { first: 100, last: 1400, step: 10, discovery: "do" } as const;
const live = { backend: "live-frames", refused: "" };
const noProgram = { backend: "copy", refused: expect.stringContaining("XDP") };

const configured = (transmit: string) => ({
  config: { networks: NETWORKS.map((one) => ({ ...one, transmit })) },
});

scenario(
  "A pod that attaches an XDP program gets live frames, and AF_XDP without loss when it detaches",
  { needs: ["python"], ...configured("live-frames") },
  async (lab) => {
    const [a, b] = await lab.addPair();
    await expectTransmit(lab, b, noProgram);
    const program = await attachProgram(lab, b, "pass");
    await expectTransmit(lab, b, live);
    await expectAllArrive(lab, [a, b]);
    const { counters } = await countersOf(lab, b);
    expect(counters["tx_live_packets"]).toBeGreaterThan(100);
    await program.stop();
    // At once: some leave before anybody has looked at the device.
    await expectAllArrive(lab, [a, b]);
    await expectTransmit(lab, b, noProgram);
    await expectBalanced(lab);
    expect(lab.agent.log()).toContain('"backend":"live-frames"');
    expect(await metricsOf(lab)).toMatch(/millrace_port_tx_moves_total\{[^}]*\} 2/);
  },
);

scenario(
  "Without a key pods with sockets alone are served by AF_XDP, those with a program by live frames",
  { needs: ["python", "ethtool"] },
  async (lab) => {
    const [a, b] = await lab.addPair();
    await a.namespace.must("ethtool", ["-K", a.ifname, "gro", "on"]);
    await attachProgram(lab, b, "pass");
    await expectTransmit(lab, b, live);
    const refused = expect.stringContaining("the other end has no XDP program");
    await expectTransmit(lab, a, { backend: "copy", refused });
    await exchangeStreams(lab.scope, [a, b], 4, BYTES);
    await expectBalanced(lab);
  },
);

scenario(
  "With transmit: af-xdp a pod with an XDP program is served by AF_XDP",
  { needs: ["python"], ...configured("af-xdp") },
  async (lab) => {
    const [a, b] = await lab.addPair();
    await attachProgram(lab, b, "pass");
    const refused = "the network has transmit: af-xdp";
    await expectTransmit(lab, b, { backend: "copy", refused });
    await exchangeStreams(lab.scope, [a, b], 6, BYTES);
    expect(await transmitOf(lab, b)).toMatchObject({ refused });
    expect((await countersOf(lab, b)).counters["tx_live_packets"]).toBe(0);
  },
);

async function expectAllArrive(lab: Lab, pods: [Pod, Pod]): Promise<void> {
  const report = await exchangeDatagrams(lab.scope, pods, 4, SIZES);
  expect(report).toMatchObject({ lost: [], broken: [] });
  for (const pod of pods) expect(await dropsOf(lab, pod)).not.toHaveProperty("tx-ring-full");
}

const metricsOf = (lab: Lab): Promise<string> => lab.agent.client.metrics();
