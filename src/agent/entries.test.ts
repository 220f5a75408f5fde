import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Agent } from "./agent.ts";
import { Node, request } from "./fixture.ts";

let node: Node;
let agent: Agent;

beforeEach(async () => {
  node = new Node();
  agent = await node.start();
});

afterEach(() => node.cleanUp());

const route = () => node.native.dataplane?.routes.get("0 10.77.0.0/16");

it("A route of the API goes with its port, comes back with it, and survives a restart", async () => {
  const { hostName } = await agent.attacher.attach(request(1));
  const via = [{ address: "", port: hostName, weight: 1 }];
  const change = { op: "add" as const, prefix: "10.77.0.0/16", type: "unicast" as const };
  await agent.forwarding.changeRoutes("blue", [{ ...change, via, leakTo: "", count: false }]);
  expect(route()).toMatchObject({ source: "static", nextHops: [{ port: 0 }] });

  await agent.attacher.detach("pod1", "net1");
  expect(route()).toBeUndefined();
  await agent.attacher.attach(request(2));
  await agent.attacher.attach(request(1));
  await vi.waitFor(() => expect(route()).toMatchObject({ nextHops: [{ port: 1 }] }));

  await agent.stop();
  agent = await node.start();
  const [, second] = agent.view.attachments();
  expect(route()).toMatchObject({ nextHops: [{ port: second?.port }] });
});

it("A route that waits for a port is tried again when the kernel's tables were read", async () => {
  const retry = vi.spyOn(agent.forwarding as unknown as { retry(): Promise<void> }, "retry");
  node.native.dataplane?.emit({ event: "resync", milliseconds: 1, routes: 1, overruns: 0 });
  expect(retry).toHaveBeenCalledOnce();
});
