import { createNamespace, type Namespace } from "../../test/harness/namespace.ts";
import { must } from "../../test/harness/run.ts";
import type { Scope } from "../../test/harness/scope.ts";

export const vni = 4711;
/** The outer headers of VXLAN over IPv4 take 50 bytes of the underlay's 1500. */
export const tunnelMtu = 1450;
const underlayInterface = "under0";

/** One of two nodes; `index` is 1 or 2. */
export interface TunnelNode {
  index: number;
  namespace: Namespace;
  /** Interface and address of its VTEP. */
  underlay: string;
  vtep: string;
  /** Of its pods. */
  prefix: string;
}

/** Two namespaces joined by a veth pair, which is the underlay. */
export async function layUnderlay(
  scope: Scope,
  subject: string,
): Promise<[TunnelNode, TunnelNode]> {
  const near = await makeNode(scope, subject, 1);
  const far = await makeNode(scope, subject, 2);
  const end = ({ namespace }: TunnelNode) => ["name", underlayInterface, "netns", namespace.name];
  await must("ip", ["link", "add", ...end(near), "type", "veth", "peer", ...end(far)]);
  for (const { namespace, vtep } of [near, far]) {
    const inside = ["-n", namespace.name];
    await must("ip", [...inside, "address", "add", `${vtep}/24`, "dev", underlayInterface]);
    await must("ip", [...inside, "link", "set", underlayInterface, "up"]);
  }
  return [near, far];
}

async function makeNode(scope: Scope, subject: string, index: number): Promise<TunnelNode> {
  return {
    index,
    namespace: await createNamespace(scope, `${subject}-node${index}`),
    underlay: underlayInterface,
    vtep: `192.0.2.${index}`,
    prefix: `10.81.${index}.0/24`,
  };
}
