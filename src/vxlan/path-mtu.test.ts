import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { PathMtuProber } from "./path-mtu.ts";
import { narrow, nobody, PathWorld, reached, silent } from "./path-mtu-fixture.ts";
import { MAX_IN_FLIGHT, MAX_IN_FLIGHT_SILENT, MAX_PER_SECOND } from "./path-mtu-slots.ts";

const PEER = "10.0.0.2";

/** A world with one peer, after the first search. */
async function searched(path: Parameters<PathWorld["add"]>[1], linkMtu = 1500): Promise<PathWorld> {
  const world = new PathWorld();
  world.add(PEER, path, linkMtu);
  await world.pass(60);
  return world;
}

test("The MTU of a path is found, applied once and confirmed every minute", async () => {
  const world = await searched(narrow(1500, true));
  await world.pass(600);
  expect(world.view(PEER)).toMatchObject({ vtep: "vtep0", state: "ok", mtu: 1500, linkMtu: 1500 });
  expect(world.applied).toEqual([{ vtep: "vtep0", address: PEER, mtu: 1500 }]);
  expect(world.prober.mtuOf("vtep0", PEER)).toBe(1500);
  const confirmations = world.sent.slice(2);
  expect(confirmations.every(({ bytes }) => bytes === 1500)).toBe(true);
  expect(confirmations.length).toBeGreaterThanOrEqual(9);
  expect(confirmations.length).toBeLessThanOrEqual(13);
  expect(world.lines.filter(({ level }) => level !== "debug")).toEqual([]);
});

test("A narrow path that a router tells is reduced, over IPv6 as well", async () => {
  const world = new PathWorld();
  world.add("fd00::2", narrow(1400, true));
  await world.pass(5);
  expect(world.view("fd00::2")).toMatchObject({ state: "reduced", mtu: 1400 });
  expect(world.lines).toMatchObject([
    { level: "info", facts: { peer: "fd00::2", state: "reduced", mtu: 1400, linkMtu: 1500 } },
  ]);
});

test("A black hole is reported with the longest that passes, and logged once", async () => {
  const world = await searched(narrow(1400, false));
  await world.pass(1800);
  const { state, mtu, since } = world.view(PEER) ?? {};
  expect(state).toBe("black-hole");
  expect(mtu).toBeGreaterThan(1392);
  expect(mtu).toBeLessThanOrEqual(1400);
  expect(since).toBeLessThan(60_000);
  expect(world.applied).toEqual([{ vtep: "vtep0", address: PEER, mtu }]);
  expect(world.lines).toMatchObject([{ level: "warn", facts: { peer: PEER, mtu } }]);
  expect(world.lines[0]?.message).toContain("black hole");
});

for (const tells of [true, false]) {
  test(`A path that shrinks is noticed when routers ${tells ? "tell" : "are silent"}`, async () => {
    const world = await searched(narrow(1500, true));
    world.paths.set(PEER, narrow(1400, tells));
    await world.pass(120);
    const { state, mtu } = world.view(PEER) ?? {};
    expect(state).toBe(tells ? "reduced" : "black-hole");
    expect(mtu).toBeGreaterThan(1392);
    expect(mtu).toBeLessThanOrEqual(1400);
    expect(world.applied.at(-1)?.mtu).toBe(mtu);
  });

  test(`A path that grows is noticed where routers ${tells ? "told" : "were silent"}`, async () => {
    const world = await searched(narrow(1400, tells));
    world.paths.set(PEER, narrow(1500, true));
    await world.pass(780);
    expect(world.view(PEER)).toMatchObject({ state: "ok", mtu: 1500 });
    expect(world.lines.at(-1)).toMatchObject({ level: "info", facts: { state: "ok" } });
  });
}

test("A path that becomes narrower than IPv6 allows is unknown and keeps the least", async () => {
  const world = new PathWorld();
  world.add("fd00::2", narrow(1280, true), 1280);
  await world.pass(5);
  expect(world.view("fd00::2")).toMatchObject({ state: "ok", mtu: 1280 });
  world.paths.set("fd00::2", narrow(1000, true));
  await world.pass(200);
  expect(world.view("fd00::2")).toMatchObject({ state: "unknown", mtu: 1280 });
  world.paths.set("fd00::2", narrow(1280, true));
  await world.pass(700);
  expect(world.view("fd00::2")).toMatchObject({ state: "ok", mtu: 1280 });
});

test("A peer that never answers is unknown, left alone longer and longer, and found later", async () => {
  const world = await searched(nobody);
  await world.pass(3600);
  expect(world.view(PEER)).toMatchObject({ state: "unknown", mtu: 0 });
  expect(world.applied).toEqual([]);
  expect(world.lines).toEqual([]);
  expect(world.sent.length).toBeLessThan(20);
  world.paths.set(PEER, narrow(1400, true));
  await world.pass(700);
  expect(world.view(PEER)).toMatchObject({ state: "reduced", mtu: 1400 });
});

test("A peer that goes away is unknown and keeps its MTU, and comes back as it was", async () => {
  const world = await searched(narrow(1400, true));
  world.paths.set(PEER, nobody);
  await world.pass(120);
  expect(world.view(PEER)).toMatchObject({ state: "unknown", mtu: 1400 });
  world.paths.set(PEER, narrow(1400, true));
  await world.pass(120);
  expect(world.view(PEER)).toMatchObject({ state: "reduced", mtu: 1400 });
  expect(world.applied).toEqual([{ vtep: "vtep0", address: PEER, mtu: 1400 }]);
});

test("A peer that is away in the middle of a search is no black hole", async () => {
  for (let seconds = 0.2; seconds < 12; seconds += 0.6) {
    const world = new PathWorld();
    const back = seconds * 1000;
    world.add(PEER, (bytes) => (bytes > 1200 && world.now < back ? silent : reached));
    await world.pass(90);
    expect(world.view(PEER)).toMatchObject({ state: "ok", mtu: 1500 });
    expect(world.lines.filter(({ level }) => level === "warn")).toEqual([]);
  }
});

test("Two lost confirmations change nothing", async () => {
  const world = await searched(narrow(1500, true));
  let losses = 2;
  world.paths.set(PEER, () => (losses-- > 0 ? silent : reached));
  await world.pass(120);
  expect(losses).toBeLessThan(0);
  expect(world.view(PEER)).toMatchObject({ state: "ok", mtu: 1500 });
  expect(world.applied).toHaveLength(1);
});

test("A link that gets another MTU is searched again, and a narrower one counts at once", async () => {
  const world = await searched(narrow(9000, true), 1500);
  world.peers = world.peers.map((peer) => ({ ...peer, linkMtu: 9000 }));
  await world.pass(5);
  expect(world.view(PEER)).toMatchObject({ state: "ok", mtu: 9000, linkMtu: 9000 });
  world.peers = world.peers.map((peer) => ({ ...peer, linkMtu: 1400 }));
  await world.pass(5);
  expect(world.view(PEER)).toMatchObject({ state: "ok", mtu: 1400, linkMtu: 1400 });
  expect(world.applied.map(({ mtu }) => mtu)).toEqual([1500, 9000, 1400]);
});

test("A peer that is gone is forgotten, also while its probe is under way", async () => {
  const world = await searched(narrow(1500, true));
  world.paths.set(PEER, nobody);
  await world.pass(70);
  world.peers = [];
  await world.pass(5);
  expect(world.prober.views()).toEqual([]);
  expect(world.prober.mtuOf("vtep0", PEER)).toBe(0);
  expect(world.applied).toHaveLength(1);
});

test("What could not be applied is applied again with the next probe", async () => {
  const world = new PathWorld();
  world.add(PEER, narrow(1400, true));
  world.refusal = new Error("no such VTEP");
  await world.pass(30);
  expect(world.lines.at(-1)).toMatchObject({ level: "warn", facts: { peer: PEER, mtu: 1400 } });
  world.refusal = null;
  await world.pass(70);
  expect(world.applied).toEqual([{ vtep: "vtep0", address: PEER, mtu: 1400 }]);
});

test("A probe that cannot be sent is logged in bounds and makes the peer no black hole", async () => {
  const world = new PathWorld();
  for (let i = 0; i < 500; i++) world.add(`10.0.1.${i}`, reachedAlways);
  world.failure = new Error("EADDRNOTAVAIL");
  await world.pass(60);
  expect(world.lines.length).toBeGreaterThan(0);
  expect(world.lines.length).toBeLessThanOrEqual(20);
  expect(world.prober.views().every(({ state }) => state === "unknown")).toBe(true);
});

test("4,000 peers stay within the bounds on probes in flight and per second", async () => {
  const world = new PathWorld();
  for (let i = 0; i < 4000; i++) world.add(`10.${i >> 8}.${i & 255}.1`, narrow(1500, true));
  await world.pass(60);
  expect(world.prober.views().filter(({ state }) => state === "ok")).toHaveLength(4000);
  await world.pass(120);
  expect(world.mostInFlight).toBeLessThanOrEqual(MAX_IN_FLIGHT);
  expect(mostPerSecond(world)).toBeLessThanOrEqual(MAX_PER_SECOND);
  const confirmations = world.sent.filter(({ at }) => at > 60_000);
  expect(confirmations.length).toBeGreaterThan(6000);
  expect(confirmations.length).toBeLessThan(10_000);
});

test("Behind a switch that drops long packets, later peers profit from what the first have found", async () => {
  const world = new PathWorld();
  for (let i = 0; i < 200; i++) world.add(`10.3.0.${i}`, narrow(1500, false), 9000);
  await world.pass(600);
  const views = world.prober.views();
  expect(views.filter(({ state }) => state === "black-hole")).toHaveLength(200);
  expect(views.every(({ mtu }) => mtu > 1492 && mtu <= 1500)).toBe(true);
  const probes = Map.groupBy(world.sent, ({ address }) => address);
  const fewest = Math.min(...[...probes.values()].map(({ length }) => length));
  expect(fewest).toBeLessThan(20);
  expect(world.lines.filter(({ level }) => level === "warn").length).toBeLessThanOrEqual(110);
});

test("Thousands of silent peers hold up nobody who answers", async () => {
  const world = new PathWorld();
  for (let i = 0; i < 100; i++) world.add(`10.1.0.${i}`, narrow(1500, true));
  await world.pass(30);
  for (let i = 0; i < 2000; i++) world.add(`10.2.${i >> 8}.${i & 255}`, nobody);
  await world.pass(300);
  const gaps = confirmationGaps(world, "10.1.");
  expect(Math.max(...gaps)).toBeLessThan(70_000);
  const silentAtOnce = world.sent.filter(
    ({ at, address }) => isIn(at, 100_000) && silentOne(address),
  );
  expect(silentAtOnce.length).toBeLessThanOrEqual(MAX_IN_FLIGHT_SILENT + 1);
  expect(world.mostInFlight).toBeLessThanOrEqual(MAX_IN_FLIGHT);
});

test("stop() waits for what is under way, and nothing is sent or applied after it", async () => {
  const world = new PathWorld();
  world.add(PEER, narrow(1500, true));
  world.prober.tick();
  world.now = 50;
  world.prober.tick();
  expect(world.sent).toHaveLength(1);
  let stopped = false;
  const stopping = world.prober.stop().then(() => {
    stopped = true;
  });
  await Promise.resolve();
  expect(stopped).toBe(false);
  await world.pass(5);
  await stopping;
  expect(world.sent).toHaveLength(1);
  expect(world.applied).toEqual([]);
});

test("Nothing is probed when it is not enabled", async () => {
  const sent: number[] = [];
  const prober = new PathMtuProber(
    {
      probe: async (_source, _destination, bytes) => {
        sent.push(bytes);
        return reached;
      },
      now: () => performance.now(),
      peers: () => [{ vtep: "vtep0", source: "10.0.0.1", address: PEER, linkMtu: 1500 }],
      onChange: () => {},
      log: { debug() {}, info() {}, warn() {} } as never,
    },
    { intervalSeconds: 60, enabled: false },
  );
  prober.start();
  await delay(300);
  await prober.stop();
  expect(sent).toEqual([]);
  expect(prober.views()).toEqual([]);
});

const reachedAlways = () => reached;
const silentOne = (address: string) => address.startsWith("10.2.");
const isIn = (at: number, start: number) => at >= start && at < start + 1000;

function mostPerSecond({ sent }: PathWorld): number {
  const seconds = Map.groupBy(sent, ({ at }) => Math.floor(at / 1000));
  return Math.max(...[...seconds.values()].map((probes) => probes.length));
}

/** Milliseconds between two probes of one peer. */
function confirmationGaps({ sent }: PathWorld, prefix: string): number[] {
  const peers = Map.groupBy(
    sent.filter(({ address }) => address.startsWith(prefix)),
    ({ address }) => address,
  );
  return [...peers.values()].flatMap((probes) =>
    probes.slice(1).map(({ at }, i) => at - (probes[i]?.at ?? 0)),
  );
}
