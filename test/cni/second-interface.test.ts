import { join } from "node:path";
import { expect } from "vitest";
import { NARROW_NETWORKS } from "../fixtures/lab.ts";
import { expectNothingLeft } from "../fixtures/leaks.ts";
import { mustReachGateway } from "../fixtures/ping.ts";
import { podOf } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { type CnitoolCall, lacksCnitool, openCnitool } from "../harness/cnitool.ts";
import { createNamespace, type Namespace } from "../harness/namespace.ts";

const DEFAULT_SUBNET = "192.0.2.0/24";
const config = { networks: NARROW_NETWORKS };

scenario(
  "Beside a pod's eth0 of bridge and host-local we give net1, and each goes without the other",
  { config, lacks: lacksCnitool },
  async (lab) => {
    const cnitool = await openCnitool(lab.scope, lab.node);
    const namespace = await createNamespace(lab.scope, "pod");
    const first = bridgeList(namespace, join(lab.scope.dir, "host-local"));
    const second = ownList(namespace, lab.agent.socket, join(lab.scope.dir, "spool"));
    const must = async (verb: "add" | "check" | "del", list: CnitoolCall) => {
      const { exitCode, stderr, stdout } = await cnitool.call(verb, list);
      expect(exitCode, stderr).toBe(0);
      return stdout;
    };
    await must("add", first);
    const result = JSON.parse(await must("add", second));
    const call = { socket: lab.agent.socket, network: "blue", containerId: "", netns: "" };
    const pod = podOf({ name: "pod", namespace, call, result });
    await mustReachGateway(pod);
    await namespace.must("ping", ["-c", "1", "-W", "2", "192.0.2.1"]);
    for (const list of [first, second]) await must("check", list);
    await must("del", second);
    await expectNothingLeft(lab);
    await must("check", first);
    await namespace.must("ping", ["-c", "1", "-W", "2", "192.0.2.1"]);
    await must("del", first);
  },
);

function bridgeList({ path }: Namespace, dataDir: string): CnitoolCall {
  const ipam = { type: "host-local", ranges: [[{ subnet: DEFAULT_SUBNET }]], dataDir };
  const routes = [{ dst: "0.0.0.0/0" }];
  const plugin = { type: "bridge", bridge: "cni0", isGateway: true, ipam: { ...ipam, routes } };
  return { network: "default", netns: path, cniVersion: "1.0.0", plugins: [plugin] };
}

function ownList({ path }: Namespace, agentSocket: string, spool: string): CnitoolCall {
  const plugins = [{ type: "millrace", network: "blue", agentSocket }];
  const env = { CNI_IFNAME: "net1", MILLRACE_SPOOL: spool };
  return { network: "fast", netns: path, cniVersion: "1.1.0", plugins, env };
}
