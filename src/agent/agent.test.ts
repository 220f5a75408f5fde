import { existsSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseConfig } from "../config/load.ts";
import { FakeNative } from "../dataplane/fake-native.ts";
import { createAgent } from "./agent.ts";
import { Node, request } from "./fixture.ts";

let node: Node;

beforeEach(() => {
  node = new Node();
});

afterEach(() => node.cleanUp());

describe("an agent", () => {
  it("shows what it has, as plain JSON", async () => {
    const agent = await node.start();
    await agent.attacher.attach(request(1));
    await agent.attacher.attach(request(2, { network: "red" }));
    node.native.dataplane?.options.counters.set([7n, 4200n, 0n, 0n, 0n, 3n], 4 * 8);
    node.native.dataplane?.options.counters.set([1n, 900n, 1000n], 0);

    const { view } = agent;
    expect(view.status()).toMatchObject({
      version: "0.1.0",
      state: "ready",
      problems: [],
      ports: 2,
      attachments: { adding: 0, attached: 2, removing: 0, lost: 0 },
      workers: [{ worker: 0, cpu: -1, frames: 1000, framesInUse: 100, ports: 2 }],
      journal: { path: join(node.stateDir, "journal.jsonl"), records: 2 },
    });
    expect(view.networks()).toMatchObject([
      {
        name: "blue",
        id: 0,
        subnets: [
          { prefix: "10.1.0.0/24", gateway: "10.1.0.1", capacity: "253", allocated: 1 },
          { prefix: "fd00:1::/64", capacity: "18446744073709551614", allocated: 1 },
        ],
        staticRoutes: [{ prefix: "192.168.0.0/16", via: "10.1.0.9", active: false }],
      },
      { name: "red", id: 1, mtu: 1400, attachments: 1 },
    ]);
    expect(view.ports()).toMatchObject([
      {
        port: 0,
        network: "blue",
        attachment: "pod1:net1",
        mode: "copy",
        kernel: { rx_dropped: 0 },
      },
      { port: 1, network: "red", attachment: "pod2:net1" },
    ]);
    expect(view.counters()).toMatchObject({
      ports: [
        { counters: { rx_packets: 7, rx_bytes: 4200 }, drops: { runt: 0, "no-route": 3 } },
        { counters: { rx_packets: 0 } },
      ],
      workers: [{ worker: 0, counters: { rounds: 1 } }],
    });
    for (const part of ["status", "networks", "attachments", "ports", "counters"] as const) {
      const shown = view[part]();
      expect(JSON.parse(JSON.stringify(shown))).toEqual(shown);
    }
  });

  it("puts ports on the worker with the fewest, one worker per CPU", async () => {
    const agent = await node.start("dataplane: {cpus: [0, 1]}");
    for (const n of [1, 2]) await agent.attacher.attach(request(n));
    expect(agent.view.ports().map(({ queues }) => queues)).toEqual([
      [{ queue: 0, worker: 0 }],
      [{ queue: 0, worker: 1 }],
    ]);
    expect(agent.view.status().workers.map(({ cpu }) => cpu)).toEqual([0, 1]);
  });

  it("is refused when the addon cannot serve so many ports, and leaves nothing running", async () => {
    await expect(node.start("dataplane: {maxPorts: 257, frames: 32768}")).rejects.toThrow(
      "dataplane.maxPorts = 257: accepted: at most 256 (256 ports in all / 1 workers)",
    );
    expect(existsSync(join(node.stateDir, "agent.pid"))).toBe(false);
    await node.start();
  });

  it("is refused while another one uses its state directory", async () => {
    await node.start();
    await expect(node.start()).rejects.toThrow("is in use by the agent with PID");
  });

  it("is not ready without AF_XDP, and says why", async () => {
    const native = new FakeNative();
    native.afXdp = { ok: false, reason: "EPERM: CAP_NET_RAW is missing" };
    const config = parseConfig(`stateDir: ${node.stateDir}`, "test", { cpus: [0] });
    const agent = await createAgent(config, { log: pino({ level: "silent" }), native });
    expect(agent.view.status().problems).toEqual([
      "AF_XDP sockets cannot be opened: EPERM: CAP_NET_RAW is missing",
    ]);
    await agent.stop();
  });

  it("can be stopped twice and then shows that it is stopped", async () => {
    const agent = await node.start();
    await Promise.all([agent.stop(), agent.stop()]);
    expect(agent.view.status()).toMatchObject({
      state: "stopped",
      problems: ["the agent is stopped"],
    });
  });
});
