import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { connectionRate } from "../../bench/connections/connection-rate.ts";
import { startDirectPath } from "../../bench/connections/direct-path.ts";
import {
  type ConnectionLoad,
  type Connections,
  finishConnections,
  type Pods,
  readConnections,
  startConnectionServer,
  startConnections,
} from "../../bench/connections/load.ts";
import { type Path, podInterface } from "../../bench/tcp/path.ts";
import { bareScenario } from "../fixtures/scenario.ts";
import { must } from "../harness/run.ts";

const anywhere = { client: null, server: null };
const nobody = "10.5.3.99";
const load: ConnectionLoad = {
  transaction: "crr",
  concurrency: 8,
  rate: null,
  warmUpSeconds: 0,
  seconds: 0.5,
};

bareScenario(
  "500 connections per second are asked for and reported, within 1 %",
  {},
  async (scope) => {
    const path = await startDirectPath(scope);
    await using _ = await startConnectionServer(path, "crr", anywhere);
    const paced = { ...load, rate: 500, warmUpSeconds: 0.2, seconds: 2 };
    let rate = 0;
    // A window whose end falls into a pause of this machine says nothing about the pacing.
    for (let attempt = 0; attempt < 3 && !isNear(rate, 500); attempt++) {
      const { completed, seconds, failed } = await run(path, paced);
      expect(failed).toEqual({});
      rate = completed / seconds;
    }
    expect(rate).toBeGreaterThanOrEqual(495);
    expect(rate).toBeLessThanOrEqual(505);
  },
);

bareScenario(
  "A port without a server is reported as refusals, not as delays",
  {},
  async (scope) => {
    const path = await startDirectPath(scope);
    const { opened, completed, failed, retransmits, connect } = await run(path, load);
    expect(opened).toBeGreaterThan(0);
    expect({ completed, failed, retransmits, connect }).toEqual({
      completed: 0,
      failed: { ECONNREFUSED: opened },
      retransmits: 0,
      connect: null,
    });
  },
);

bareScenario("An address that nobody has is reported as timeouts", {}, async (scope) => {
  const path = await startDirectPath(scope);
  await misdirect(path, nobody);
  const patient = { ...load, seconds: 1.8, timeoutSeconds: 1.4 };
  const { opened, completed, failed, unfinished, retransmits } = await run(
    { ...path, address: nobody },
    patient,
  );
  // Each of the first eight has sent a second SYN after a second.
  expect({ opened, completed, failed, unfinished, retransmits }).toEqual({
    opened: 16,
    completed: 0,
    failed: { timeout: 8 },
    unfinished: 8,
    retransmits: 8,
  });
});

bareScenario("A lost SYN is counted, and shows as a second", {}, async (scope) => {
  const path = await startDirectPath(scope);
  await using _ = await startConnectionServer(path, "crr", anywhere);
  await misdirect(path, path.address);
  await using client = await startConnections(path, { ...load, seconds: 1.6 }, anywhere);
  await delay(300);
  await neighbour(path, "delete", path.address, "dev", podInterface);
  const early = await readConnections(client);
  expect(early).toMatchObject({ opened: 8, completed: 0, unfinished: 8 });
  const { completed, failed, retransmits, connect } = await finishConnections(client, {
    ...load,
    seconds: 1.6,
  });
  expect(failed).toEqual({});
  expect(completed).toBeGreaterThan(8);
  expect(retransmits).toBeGreaterThanOrEqual(8);
  expect(connect?.max).toBeGreaterThan(1e9);
  expect(connect?.p50).toBeLessThan(1e8);
});

bareScenario("Connections are opened and closed without a byte", {}, async (scope) => {
  const path = await startDirectPath(scope);
  await using _ = await startConnectionServer(path, "cc", anywhere);
  const { completed, failed, connect, transaction } = await run(path, {
    ...load,
    transaction: "cc",
  });
  expect(failed).toEqual({});
  expect(completed).toBeGreaterThan(100);
  expect(transaction?.min).toBeGreaterThanOrEqual(connect?.min ?? Number.NaN);
});

bareScenario("A server that closes without its answer has failed", {}, async (scope) => {
  const path = await startDirectPath(scope);
  await using _ = await startConnectionServer(path, "cc", anywhere);
  const { completed, failed } = await run(path, load);
  expect(completed).toBe(0);
  // It depends on who is faster whether the close is seen, or the reset that answers the request.
  const reasons = Object.keys(failed);
  expect(reasons).not.toEqual([]);
  for (const reason of reasons) expect(reason).toMatch(/^(no-answer|ECONNRESET|EPIPE)$/);
});

bareScenario("The connection rate of Millrace is measured without a failure", {}, async (scope) => {
  const { measurements, scenarios, subjects } = await connectionRate(scope, {
    rounds: 1,
    seconds: 0.3,
    subjects: ["millrace"],
    patience: 0,
    progress: () => {},
  });
  expect(scenarios.map(({ name }) => name)).toEqual(["tcp-crr", "tcp-crr-paced"]);
  expect(subjects).toMatchObject([{ name: "millrace" }]);
  for (const { name } of scenarios) {
    const value = (metric: string) =>
      measurements.find((one) => one.scenario === name && one.metric === metric)?.values[0] ??
      Number.NaN;
    expect(value("failures")).toBe(0);
    expect(value("connection-rate")).toBeGreaterThan(500);
    expect(value("cpu-per-connection")).toBeGreaterThan(0);
    expect(value("transaction-p50")).toBeGreaterThan(value("connect-p50"));
    expect(value("transaction-p99")).toBeGreaterThanOrEqual(value("transaction-p50"));
  }
});

bareScenario("A subject that is none is refused with those there are", {}, async (scope) => {
  const options = { rounds: 1, seconds: 0.3, subjects: ["carrier-pigeon"], progress: () => {} };
  await expect(connectionRate(scope, options)).rejects.toThrow(
    "subject carrier-pigeon: expected one of millrace, kernel-bridge, kernel-route, direct",
  );
});

async function run(pods: Pods, load: ConnectionLoad): Promise<Connections> {
  await using client = await startConnections(pods, load, anywhere);
  return await finishConnections(client, load);
}

function isNear(rate: number, wanted: number): boolean {
  return Math.abs(rate - wanted) <= wanted / 100;
}

/** Sends what is meant for an address to a MAC that nobody has. */
async function misdirect(path: Path, address: string): Promise<void> {
  const mac = "02:00:00:00:00:99";
  await neighbour(path, "replace", address, "lladdr", mac, "dev", podInterface, "nud", "permanent");
}

async function neighbour({ client }: Path, ...args: string[]): Promise<void> {
  await must("ip", ["-n", client.name, "neighbour", ...args]);
}
