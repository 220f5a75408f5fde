import fc from "fast-check";
import { expect, test } from "vitest";
import { DRIVERS } from "../fixtures/fake-vf-drivers.ts";
import type { FakeFault } from "../fixtures/fake-vf-kernel.ts";
import { FakeVfMachine } from "../fixtures/fake-vf-machine.ts";
import { ALL_KNOBS } from "./fixture.ts";
import type { VfKnobs } from "./knobs.ts";
import { type Disk, SmallAgent } from "./storm-fixture.ts";

const PODS = 100;
const PFS = ["01", "02", "03", "04"];
const VFS = 64;

interface Pod {
  knobs: VfKnobs;
  /** Turns of the event loop. */
  before: number;
  inUse: number;
  /** Its namespace dies before the DEL. */
  dies: boolean;
  twice: boolean;
}

const { vlan, vlanQoS, vlanProto, mac, ...free } = ALL_KNOBS;
const knobs = fc.oneof(
  fc.constant<VfKnobs>({}),
  fc.integer({ min: 1, max: 4094 }).map((id): VfKnobs => ({ vlan: id, mtu: 9000 })),
  fc.constant<VfKnobs>(free),
);
const pod: fc.Arbitrary<Pod> = fc.record({
  knobs,
  before: fc.nat(40),
  inUse: fc.nat(40),
  dies: fc.boolean(),
  twice: fc.boolean(),
});
const faults = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 2000 }), fc.constantFrom<FakeFault>("refuse", "late")),
  { maxLength: 12 },
);
const deaths = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 2000 }), fc.constantFrom<FakeFault>("die", "die late")),
  { minLength: 1, maxLength: 4 },
);

const turns = async (count: number) => {
  for (let n = 0; n < count; n++) await new Promise(setImmediate);
};

function machineOf(): FakeVfMachine {
  const machine = new FakeVfMachine();
  for (const bus of PFS) machine.addPf(bus, DRIVERS.ice, VFS / PFS.length);
  for (let n = 0; n < PODS; n++) machine.namespaces.set(netnsOf(n), new Set(["lo", "eth0"]));
  return machine;
}

const netnsOf = (n: number) => `/run/netns/pod${n}`;

async function live(agent: SmallAgent, machine: FakeVfMachine, all: readonly Pod[]): Promise<void> {
  await Promise.all(
    all.map(async (one, n) => {
      await turns(one.before);
      const record = await agent.add(`pod${n}`, netnsOf(n), one.knobs).catch(() => null);
      if (record === null) return;
      const vf = machine.vfs.get(record.address);
      expect(vf?.netdev).toMatchObject({ netns: netnsOf(n), name: "net1" });
      await turns(one.inUse);
      expect(vf?.netdev, "nobody has touched it meanwhile").toMatchObject({ netns: netnsOf(n) });
      if (one.dies) machine.killNamespace(netnsOf(n));
      expect(await agent.del(`pod${n}`, record.generation - 1)).toBe("not ours");
      await agent.del(`pod${n}`).catch(() => {});
      if (one.twice) await agent.del(`pod${n}`).catch(() => {});
    }),
  );
}

/** What the runtime and the reconciler do in the end: every pod goes, until it has gone. */
async function removeAll(agent: SmallAgent): Promise<void> {
  const { kernel, disk, pools } = agent;
  for (const owner of disk.keys()) expect(await agent.del(owner)).toBe("given back");
  expect(kernel.isDead).toBe(false);
  expect(disk.size).toBe(0);
  expect(pools.leases()).toEqual([]);
}

function withoutAltNames(machine: FakeVfMachine) {
  return JSON.parse(JSON.stringify(machine.snapshot()).replaceAll(/"altNames":\[[^\]]*\],/g, ""));
}

test("64 VFs, 100 parallel pods, failing calls and dying namespaces: every VF is as it was", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(pod, { minLength: PODS, maxLength: PODS }),
      faults,
      async (all, bad) => {
        const machine = machineOf();
        const before = withoutAltNames(machine);
        const agent = new SmallAgent(machine, new Map());
        for (const [call, fault] of bad) agent.kernel.failAt(call, fault);
        await live(agent, machine, all);
        await removeAll(new SmallAgent(machine, agent.disk));
        expect(withoutAltNames(machine)).toEqual(before);
      },
    ),
    { numRuns: 20 },
  );
}, 120_000);

test("Agents that die among 100 pods leave nothing that the next one does not repair", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(pod, { minLength: PODS, maxLength: PODS }),
      deaths,
      async (all, ends) => {
        const machine = machineOf();
        const before = withoutAltNames(machine);
        let disk: Disk = new Map();
        for (const [call, fault] of ends) {
          const agent = new SmallAgent(machine, disk);
          await agent.recover();
          const already = agent.kernel.calls.length;
          agent.kernel.failAt(already + call, fault);
          // Pods of agents before are known still, and are not added again.
          const fresh = all.filter(
            (_, n) => !disk.has(`pod${n}`) && machine.namespaces.has(netnsOf(n)),
          );
          await liveUntilDeath(agent, machine, fresh, all);
          disk = agent.disk;
        }
        await removeAll(new SmallAgent(machine, disk));
        expect(withoutAltNames(machine)).toEqual(before);
      },
    ),
    { numRuns: 20 },
  );
}, 120_000);

async function liveUntilDeath(
  agent: SmallAgent,
  machine: FakeVfMachine,
  fresh: readonly Pod[],
  all: readonly Pod[],
): Promise<void> {
  await Promise.all(
    fresh.map(async (one) => {
      const n = all.indexOf(one);
      await turns(one.before);
      const record = await agent.add(`pod${n}`, netnsOf(n), one.knobs).catch(() => null);
      if (record === null) return;
      await turns(one.inUse);
      if (one.dies) machine.killNamespace(netnsOf(n));
      await agent.del(`pod${n}`).catch(() => {});
    }),
  );
}
