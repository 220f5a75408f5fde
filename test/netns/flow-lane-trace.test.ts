import { expect } from "vitest";
import type { TraceView } from "../../src/agent/forwarding-view.ts";
import { millrace } from "../fixtures/bridge.ts";
import { type Lab, NETWORKS } from "../fixtures/lab.ts";
import type { Pod } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { exchangeDatagrams, exchangeStreams } from "../fixtures/sockets.ts";
import { waitFor } from "../fixtures/wait.ts";

const BYTES = 100_000;
const PREFIX = "10.98.0.0/16";

for (const backend of ["xdp", "tc"] as const) {
  const networks = NETWORKS.map((one) => ({ ...one, flowLane: true, portBackend: backend }));

  scenario(
    `A trace says whether the flow lane of a port of backend ${backend} has the flow now`,
    { needs: ["python"], config: { networks } },
    async (lab) => {
      const [a, b] = await lab.addPair();
      const lane = async (...more: string[]) => (await trace(lab, [a, b], ...more)).lane;
      expect(await lane("--proto", "tcp")).toBe("new");
      // Again when something else has changed between the stream and the question.
      const talkAndAsk = async () => {
        await exchangeStreams(lab.scope, [a, b], 4, BYTES);
        return await lane("--proto", "tcp");
      };
      await waitFor("the flow in the lane", talkAndAsk, (found) => found === "known");
      expect(await lane("--proto", "icmp")).toBe("no-flow");
      expect(await lane("--ttl", "1")).toBe("no-flow");
      // Whatever the change is about, what the lane knows is void.
      await millrace(lab, "routes", "add", "--network", "blue", PREFIX, "--blackhole");
      expect(await lane("--proto", "tcp")).toBe("new");
    },
  );
}

scenario(
  "A trace says nothing of the flow lane where the network has none",
  { needs: ["python"] },
  async (lab) => {
    const pods = await lab.addPair();
    await exchangeDatagrams(lab.scope, pods, 4, { first: 100, last: 110, step: 1 });
    expect((await trace(lab, pods)).lane).toBe("off");
    const { stdout } = await millrace(lab, "trace", "--from", pods[0].ip4, "--to", pods[1].ip4);
    expect(stdout).not.toContain("lane");
  },
);

/** Also of a packet that is refused, which its status tells. */
async function trace(lab: Lab, [from, to]: readonly [Pod, Pod], ...more: string[]) {
  const way = ["--from", from.ip4, "--to", to.ip4, ...more];
  const { stdout } = await millrace(lab, "trace", ...way, "--json");
  return JSON.parse(stdout) as TraceView;
}
