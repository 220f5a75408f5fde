import { createNamespace, type Namespace } from "../../test/harness/namespace.ts";
import { must } from "../../test/harness/run.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { type Path, podInterface } from "../tcp/path.ts";

const address = "10.5.3.2";

/** Two pods joined by a veth and nothing else: what client and server can do by themselves. */
export async function startDirectPath(scope: Scope): Promise<Path> {
  const subject = "direct";
  const client = await createNamespace(scope, `${subject}-client`);
  const server = await createNamespace(scope, `${subject}-server`);
  const end = ({ name }: Namespace) => ["name", podInterface, "netns", name];
  await must("ip", ["link", "add", ...end(client), "type", "veth", "peer", ...end(server)]);
  await bringUp(client, "10.5.3.1");
  await bringUp(server, address);
  const description = "the two pods joined by a veth, with no device between them";
  return { subject, client, server, address, agent: null, description };
}

async function bringUp({ name }: Namespace, own: string): Promise<void> {
  await must("ip", ["-n", name, "address", "add", `${own}/24`, "dev", podInterface]);
  await must("ip", ["-n", name, "link", "set", podInterface, "up"]);
}
