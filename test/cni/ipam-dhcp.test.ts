import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { addIpamPod } from "../fixtures/ipam.ts";
import type { Lab } from "../fixtures/lab.ts";
import { expectNothingLeft } from "../fixtures/leaks.ts";
import { mustPing } from "../fixtures/ping.ts";
import { startPython } from "../fixtures/python.ts";
import { scenario } from "../fixtures/scenario.ts";
import { waitFor } from "../fixtures/wait.ts";
import { startBackground } from "../harness/background.ts";
import { cni, mustCni } from "../harness/cni-call.ts";
import { REFERENCE_PLUGINS } from "../harness/paths.ts";

const needs = ["hostLocal", "python"] as const;
const config = {
  networks: [
    { name: "lan", kind: "bridged" },
    { name: "blue", nodePrefixes: ["10.81.1.0/24"] },
  ],
};

/** The daemon that asks for the plugin, on the node. */
async function dhcpDaemon(lab: Lab): Promise<{ type: string; daemonSocketPath: string }> {
  const daemonSocketPath = join(lab.scope.dir, "dhcp.sock");
  const command = [
    join(REFERENCE_PLUGINS, "dhcp"),
    "daemon",
    "-socketpath",
    daemonSocketPath,
  ] as const;
  await startBackground(lab.scope, lab.node, [...command], "");
  await waitFor("the daemon", () => existsSync(daemonSocketPath), Boolean);
  return { type: "dhcp", daemonSocketPath };
}

async function dhcpServer(lab: Lab) {
  const own = { type: "static", addresses: [{ address: "10.83.1.1/24" }] };
  const pod = await addIpamPod(lab, "server", own, { network: "lan" });
  const args = ["eth0", "10.83.1.1", "10.83.1.50", "10.83.1.1", 2];
  const { output } = await startPython(lab.scope, pod.namespace, "dhcp_server.py", ...args);
  const seen = () => output().trim().split("\n").slice(1);
  return { pod, seen };
}

const fromNobody = (kind: string) => `${kind} from 0.0.0.0`;

scenario(
  "A pod of a bridged network gets its address by DHCP, keeps it and gives it back",
  { needs, config },
  async (lab) => {
    const server = await dhcpServer(lab);
    const pod = await addIpamPod(lab, "a", await dhcpDaemon(lab), { network: "lan" });
    expect(pod.result.ips).toEqual([
      { address: "10.83.1.50/24", gateway: "10.83.1.1", interface: 1 },
    ]);
    await mustPing(pod, "10.83.1.1");
    const { seen } = server;
    // Its source is checked by now, and a client that renews has none.
    await waitFor("the lease to be renewed", seen, (all) => all.length >= 3);
    expect(seen().slice(0, 3)).toEqual(["discover", "request", "request"].map(fromNobody));
    await mustCni("CHECK", { ...pod.call, prevResult: pod.result });
    await lab.deletePod(pod);
    await waitFor(
      "the lease to be given back",
      seen,
      (all) => all.at(-1)?.startsWith("release") ?? false,
    );
    await lab.deletePod(server.pod);
    await expectNothingLeft(lab);
  },
);

scenario(
  "DHCP is refused in a routed network, which has no segment to ask on",
  { needs, config },
  async (lab) => {
    const { call } = await lab.preparePod("a", { config: { ipam: { type: "dhcp" } } });
    const { json } = await cni("ADD", { ...call, env: { CNI_PATH: REFERENCE_PLUGINS } });
    expect(json).toMatchObject({ code: 7, msg: expect.stringContaining("it is routed") });
  },
);
