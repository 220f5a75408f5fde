import { expect } from "vitest";
import { addLanPod, bridged, expectCopiesBalanced, foreignMac } from "../fixtures/bridge.ts";
import { type Capture, capture, frame, send, textDigits } from "../fixtures/bridge-frames.ts";
import { dropsDuring, dropsOf } from "../fixtures/counters.ts";
import type { Lab } from "../fixtures/lab.ts";
import { mustReach, ping } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { waitFor } from "../fixtures/wait.ts";

const options = { config: { networks: [bridged()] }, needs: ["python"] } as const;
const DOT1Q = 0x8100;
const DOT1AD = 0x88a8;
const NATIVE = 99;
const TRUNK = { vlan: NATIVE, vlanTrunk: [{ id: 10 }, { minID: 20, maxID: 29 }] };

const PODS = {
  a10: { vlan: 10 },
  b10: { vlan: 10 },
  c20: { vlan: 20 },
  n99: { vlan: NATIVE },
  trunk: TRUNK,
};
type Name = keyof typeof PODS;
type Pods = Record<Name, Pod>;
type Taps = Record<Name, Capture>;

async function openPods(lab: Lab): Promise<Pods> {
  const entries = Object.entries(PODS).map(
    async ([name, config]) => [name, await addLanPod(lab, name, config)] as const,
  );
  return Object.fromEntries(await Promise.all(entries)) as Pods;
}

async function tapAll(lab: Lab, pods: Pods): Promise<Taps> {
  const entries = Object.entries(pods).map(
    async ([name, pod]) => [name, await capture(lab.scope, pod)] as const,
  );
  return Object.fromEntries(await Promise.all(entries)) as Taps;
}

/** What each pod got of the frames that hold a text, once somebody has got them all. */
async function arrivals(taps: Taps, text: string, at: readonly Name[]) {
  await Promise.all(at.map((name) => taps[name].wait(text)));
  const found = Object.entries(taps).map(([name, tap]) => [name, tap.holding(text)] as const);
  return Object.fromEntries(found.filter(([, frames]) => frames.length > 0));
}

/** Runs `work` until a drop reason has been counted, and nothing else. */
async function expectDrops(lab: Lab, pod: Pod, reason: string, count: number, frames: string[]) {
  const drops = await dropsDuring(lab, pod, async () => {
    const before = (await dropsOf(lab, pod))[reason] ?? 0;
    await send(pod, ...frames);
    await waitFor(
      reason,
      async () => ((await dropsOf(lab, pod))[reason] ?? 0) - before,
      (found) => found >= count,
    );
  });
  // On a trunk without native VLAN the pod's own kernel sends in vain as well.
  expect(Object.keys(drops)).toEqual([reason]);
}

scenario(
  "Access pods of one VLAN reach each other, those of another do not",
  options,
  async (lab) => {
    const { a10, b10, c20, n99 } = await openPods(lab);
    await mustReach(a10, b10);
    for (const other of [c20, n99]) {
      for (const address of [other.ip4, other.ip6]) {
        const { received } = await ping(a10, address, { count: 2 });
        expect(received).toBe(0);
      }
      await mustReach(b10, a10);
    }
    await expectCopiesBalanced(lab);
  },
);

scenario(
  "A trunk sees the frames of its VLANs tagged and those of the native VLAN untagged",
  options,
  async (lab) => {
    const pods = await openPods(lab);
    const taps = await tapAll(lab, pods);
    const { a10, c20, n99 } = pods;
    for (const [pod, vid] of [[a10, 10] as const, [c20, 20] as const]) {
      const text = `broadcast in ${vid}`;
      const payload = textDigits(text);
      const untagged = frame({ src: pod.mac, payload });
      await send(pod, untagged);
      const tagged = frame({ src: pod.mac, tags: [{ vid }], payload });
      const found = await arrivals(taps, text, ["trunk"]);
      expect(found["trunk"]).toEqual([tagged.slice(0, untagged.length + 8)]);
      const others = Object.keys(found).filter((name) => name !== "trunk");
      expect(others).toEqual(vid === 10 ? ["b10"] : []);
      if (vid === 10) expect(found["b10"]).toEqual([untagged]);
    }
    const native = frame({ src: n99.mac, payload: textDigits("in the native VLAN") });
    await send(n99, native);
    expect(await arrivals(taps, "in the native VLAN", ["trunk"])).toEqual({ trunk: [native] });
    await expectCopiesBalanced(lab);
  },
);

scenario(
  "What a trunk sends tagged reaches its VLAN untagged, and what it sends untagged the native VLAN",
  options,
  async (lab) => {
    const pods = await openPods(lab);
    const taps = await tapAll(lab, pods);
    const { trunk } = pods;
    const say = (text: string, ...tags: { vid: number; pcp?: number }[]) =>
      send(trunk, frame({ src: trunk.mac, tags, payload: textDigits(text) }));
    await say("to ten", { vid: 10, pcp: 5 });
    expect(Object.keys(await arrivals(taps, "to ten", ["a10", "b10"]))).toEqual(["a10", "b10"]);
    expect(taps.a10.holding("to ten")[0]?.slice(24, 28)).toBe("88b5");
    await say("to twenty", { vid: 20 });
    expect(Object.keys(await arrivals(taps, "to twenty", ["c20"]))).toEqual(["c20"]);
    await say("to native");
    expect(Object.keys(await arrivals(taps, "to native", ["n99"]))).toEqual(["n99"]);
    // A tag that only has a priority is no VLAN: the frame is as good as untagged.
    await say("of priority", { vid: 0, pcp: 7 });
    expect(Object.keys(await arrivals(taps, "of priority", ["n99"]))).toEqual(["n99"]);
    await expectDrops(lab, trunk, "vlan-not-member", 2, [
      frame({ src: trunk.mac, tags: [{ vid: 30 }], payload: textDigits("elsewhere") }),
      frame({ src: trunk.mac, tags: [{ vid: 11 }], payload: textDigits("elsewhere") }),
    ]);
    for (const tap of Object.values(taps)) expect(tap.holding("elsewhere")).toEqual([]);
    await expectCopiesBalanced(lab);
  },
);

scenario("A trunk without native VLAN takes no untagged frames", options, async (lab) => {
  const { a10 } = await openPods(lab);
  const strict = await addLanPod(lab, "strict", { vlanTrunk: [{ id: 10 }] });
  const [atStrict, atA] = [await capture(lab.scope, strict), await capture(lab.scope, a10)];
  await expectDrops(lab, strict, "vlan-not-member", 1, [
    frame({ src: strict.mac, payload: textDigits("untagged") }),
  ]);
  await send(
    strict,
    frame({ src: strict.mac, tags: [{ vid: 10 }], payload: textDigits("tagged") }),
  );
  await atA.wait("tagged");
  await send(a10, frame({ src: a10.mac, dst: strict.mac, payload: textDigits("back") }));
  const [back = ""] = await atStrict.wait("back");
  expect(back.slice(24, 32)).toBe("8100000a");
  expect(atA.holding("untagged")).toEqual([]);
});

scenario(
  "Tagged frames on an access port are dropped, also with the port's own VLAN",
  options,
  async (lab) => {
    const pods = await openPods(lab);
    const taps = await tapAll(lab, pods);
    const { a10, b10 } = pods;
    const tagged = (...vids: number[]) =>
      frame({
        src: a10.mac,
        dst: b10.mac,
        tags: vids.map((vid) => ({ vid })),
        payload: textDigits("hopping"),
      });
    await expectDrops(lab, a10, "vlan-unexpected", 3, [tagged(20), tagged(10), tagged(10, 20)]);
    for (const tap of Object.values(taps)) expect(tap.holding("hopping")).toEqual([]);
    await expectCopiesBalanced(lab);
  },
);

scenario(
  "Double tagging does not lead from the native VLAN of a trunk into another VLAN",
  options,
  async (lab) => {
    const pods = await openPods(lab);
    const taps = await tapAll(lab, pods);
    const other = await addLanPod(lab, "other", TRUNK);
    const atOther = await capture(lab.scope, other);
    const { trunk } = pods;
    // The outer tag is that of the native VLAN, which would be taken off toward the other trunk.
    const hopping = frame({
      src: trunk.mac,
      dst: other.mac,
      tags: [{ vid: NATIVE }, { vid: 20 }],
      payload: textDigits("hopping"),
    });
    await send(trunk, hopping);
    await send(trunk, frame({ src: trunk.mac, dst: other.mac, payload: textDigits("honest") }));
    await atOther.wait("honest");
    expect(taps.c20.holding("hopping")).toEqual([]);
    expect(atOther.holding("hopping")).toEqual([]);
    await expectCopiesBalanced(lab);
  },
);

for (const [name, tags] of [
  ["802.1Q", [{ vid: 7, pcp: 3 }]],
  ["802.1ad around 802.1Q", [{ vid: 100, tpid: DOT1AD }, { vid: 7 }]],
  ["two of 802.1Q", [{ vid: 100 }, { vid: 7, tpid: DOT1Q }]],
] as const) {
  scenario(`Between pods without VLANs tags pass intact: ${name}`, options, async (lab) => {
    const [a, b] = [await addLanPod(lab, "a"), await addLanPod(lab, "b")];
    const atB = await capture(lab.scope, b);
    const sent = [b.mac, undefined].map((dst) =>
      frame({ src: a.mac, ...(dst && { dst }), tags, payload: textDigits("inside") }),
    );
    await send(a, ...sent);
    expect(await atB.wait("inside", 2)).toEqual(sent);
    await expectCopiesBalanced(lab);
  });
}

scenario(
  "A customer's tag behind that of the trunk's VLAN reaches the other trunk as it was",
  options,
  async (lab) => {
    const config = { ...TRUNK, spoofchk: "off" };
    const [a, b] = [await addLanPod(lab, "a", config), await addLanPod(lab, "b", config)];
    const access = await addLanPod(lab, "c", { vlan: 20 });
    const [atB, atC] = [await capture(lab.scope, b), await capture(lab.scope, access)];
    const payload = textDigits("of a customer");
    const src = foreignMac(9);
    const tagged = frame({
      src,
      tags: [
        { vid: 20, pcp: 6 },
        { vid: 555, pcp: 2 },
      ],
      payload,
    });
    await send(a, tagged);
    expect(await atB.wait("of a customer")).toEqual([tagged]);
    // Toward an access port the outer tag goes and what was inside stays.
    const [inner = ""] = await atC.wait("of a customer");
    const left = frame({ src, tags: [{ vid: 555, pcp: 2 }], payload });
    expect(inner.slice(0, left.length)).toBe(left.slice(0, inner.length));
    await expectCopiesBalanced(lab);
  },
);
