import { existsSync, statSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { bareScenario } from "../fixtures/scenario.ts";
import { type AgentProcess, spawnAgent, startAgent } from "./agent-process.ts";
import { createNamespace } from "./namespace.ts";
import type { Scope } from "./scope.ts";

const networks = [{ name: "blue", nodePrefixes: ["10.82.0.0/24", "fd82::/64"] }];

async function node(scope: Scope) {
  return { namespace: await createNamespace(scope, "node"), config: { networks } };
}

async function until(what: string, reached: () => boolean): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (reached()) return;
    await delay(10);
  }
  throw new Error(`not reached in 5 s: ${what}`);
}

bareScenario("The agent stops with 0 at SIGTERM and removes its socket", {}, async (scope) => {
  const agent = await startAgent(scope, await node(scope));
  expect(statSync(agent.socket).mode & 0o777).toBe(0o600);
  expect(await agent.stop()).toBe(0);
  expect(existsSync(agent.socket)).toBe(false);
  expect(agent.log()).toContain('"msg":"stopped"');
});

bareScenario("A signal during the start ends the agent cleanly too", {}, async (scope) => {
  const agent = spawnAgent(scope, await node(scope));
  // The socket comes first of all parts.
  await until("the socket", () => existsSync(agent.socket));
  expect(await agent.stop()).toBe(0);
  expect(existsSync(agent.socket)).toBe(false);
});

bareScenario("A second signal ends an agent that waits for a call", {}, async (scope) => {
  const agent = await startAgent(scope, await node(scope));
  const caller = connect(agent.socket);
  caller.on("error", () => {}); // cut off with the agent
  caller.write("POST /cni HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{");
  await delay(200);
  const first = agent.stop();
  await until("the first signal", () => agent.log().includes("stopping"));
  await delay(300);
  expect(agent.running()).toBe(true);
  process.kill(agent.pid, "SIGTERM");
  expect(await first).toBe(1);
  expect(agent.log()).toContain("forced to end");
});

bareScenario("An agent takes the place of one that was killed", {}, async (scope) => {
  const options = await node(scope);
  const killed = await startAgent(scope, options);
  await killed.kill();
  expect(existsSync(killed.socket)).toBe(true);
  const next = await startAgent(scope, options);
  expect((await next.client.status()).pid).toBe(next.pid);
});

bareScenario("Of two agents with one socket the second one says so and ends", {}, async (scope) => {
  const options = await node(scope);
  const first = await startAgent(scope, options);
  const second = spawnAgent(scope, options);
  await until("the end of the second", () => !second.running());
  expect(second.log()).toMatch(/millrace: an agent already listens on .*: stop it, or give/);
  expect((await first.client.status()).pid).toBe(first.pid);
});

bareScenario("The metrics port is opened on the loopback only", {}, async (scope) => {
  const { namespace, config } = await node(scope);
  const listen = "127.0.0.1:9931";
  await startAgent(scope, { namespace, config: { ...config, metrics: { listen } } });
  const sockets = await namespace.must("cat", ["/proc/net/tcp", "/proc/net/tcp6"]);
  const listening = sockets.split("\n").filter((line) => / 0A /.test(line));
  expect(listening).toHaveLength(1);
  expect(listening[0]).toContain("0100007F:26CB");
});

bareScenario("An idle agent uses next to no CPU", { timeoutMs: 30_000 }, async (scope) => {
  const agent = await startAgent(scope, await node(scope));
  await delay(1000);
  const before = await cpuSeconds(agent);
  const seconds = 3;
  await delay(seconds * 1000);
  expect(((await cpuSeconds(agent)) - before) / seconds).toBeLessThan(0.02);
});

/** CPU time of the agent with all its threads, by its own metrics. */
async function cpuSeconds({ client }: AgentProcess): Promise<number> {
  const text = await client.metrics();
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
}
