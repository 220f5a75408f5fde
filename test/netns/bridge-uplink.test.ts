import { expect } from "vitest";
import type { PortView } from "../../src/agent/view.ts";
import {
  addLanPod,
  bridged,
  expectCopiesBalanced,
  foreignMac,
  learned,
  millraceJson,
  untilLearned,
} from "../fixtures/bridge.ts";
import { capture, frame, macDigits, send, textDigits } from "../fixtures/bridge-frames.ts";
import { connectLan, LAN_UPLINK, uplinkedLan } from "../fixtures/bridge-uplink.ts";
import { dropsOf } from "../fixtures/counters.ts";
import { mustReach } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { exchangeStreams } from "../fixtures/sockets.ts";
import { restartWith } from "../fixtures/uplink.ts";
import { waitFor } from "../fixtures/wait.ts";

const BYTES = 4_000_000;
const needs = ["python"] as const;

scenario(
  "Pods and a host on a dedicated uplink reach each other, and the host is learned",
  { needs },
  async (lab) => {
    const [a, b, far] = await uplinkedLan(lab);
    for (const pod of [a, b]) {
      await mustReach(pod, far);
      await mustReach(far, pod);
    }
    await untilLearned(lab, far.mac, far);
    const ports = await millraceJson<PortView[]>(lab, "ports");
    expect(ports.find(({ role }) => role === "uplink")).toMatchObject({
      ifname: "up0",
      network: "lan",
      attachment: "uplink:up0",
    });
    await expectCopiesBalanced(lab);
  },
);

scenario(
  "An uplink hears frames for every address as long as a bridged network has it",
  { needs },
  async (lab) => {
    const promiscuity = async () => {
      const [link] = JSON.parse(await lab.node.must("ip", ["-json", "-d", "link", "show", "up0"]));
      return link.promiscuity;
    };
    await connectLan(lab);
    expect(await promiscuity()).toBe(0);
    await restartWith(lab, [bridged({ uplinks: [LAN_UPLINK] })]);
    expect(await promiscuity()).toBe(1);
    await lab.agent.stop();
    expect(await promiscuity()).toBe(0);
  },
);

for (const family of [4, 6] as const) {
  scenario(
    `TCP between a pod and a host on the uplink arrives unchanged over IPv${family}`,
    { needs },
    async (lab) => {
      const [a, , far] = await uplinkedLan(lab);
      await exchangeStreams(lab.scope, [a, far], family, BYTES);
      await exchangeStreams(lab.scope, [far, a], family, BYTES);
      await expectCopiesBalanced(lab);
    },
  );
}

scenario(
  "A question of the host on the uplink for a pod is answered without bothering the pods",
  { needs },
  async (lab) => {
    const [a, b, far] = await uplinkedLan(lab);
    const atB = await capture(lab.scope, b);
    await mustReach(far, a);
    // Pod a's own question for the host is another matter: nobody knows that one yet.
    const asked = atB.all().filter((one) => one.slice(12, 28) === `${macDigits(far.mac)}0806`);
    expect(asked).toEqual([]);
  },
);

scenario(
  "A trunk uplink carries each VLAN tagged, both ways, and no other",
  { needs },
  async (lab) => {
    const far = await connectLan(lab);
    const vlanTrunk = [{ id: 10 }, { minID: 20, maxID: 21 }];
    await restartWith(lab, [bridged({ uplinks: [{ ...LAN_UPLINK, vlanTrunk }] })]);
    const pods = new Map([
      [10, await addLanPod(lab, "a", { vlan: 10 })],
      [20, await addLanPod(lab, "b", { vlan: 20 })],
      [30, await addLanPod(lab, "c", { vlan: 30 })],
    ]);
    const atFar = await capture(lab.scope, far);
    const taps = new Map<number, Awaited<ReturnType<typeof capture>>>();
    for (const [vid, pod] of pods) taps.set(vid, await capture(lab.scope, pod));
    for (const [vid, pod] of pods) {
      await send(pod, frame({ src: pod.mac, payload: textDigits(`from pod ${vid}`) }));
      const src = foreignMac(vid);
      const payload = textDigits(`from far ${vid}`);
      await send(far, frame({ src, tags: [{ vid }], payload }));
      // The pod answers whom it has heard; that must not be flooded.
      if (vid !== 30) {
        await taps.get(vid)?.wait(`from far ${vid}`);
        await send(pod, frame({ src: pod.mac, dst: src, payload: textDigits(`answer ${vid}`) }));
        const [answer = ""] = await atFar.wait(`answer ${vid}`);
        expect(Number.parseInt(answer.slice(24, 32), 16)).toBe(0x8100_0000 + vid);
      }
    }
    for (const vid of [10, 20]) {
      const [one = ""] = await atFar.wait(`from pod ${vid}`);
      expect(Number.parseInt(one.slice(24, 32), 16)).toBe(0x8100_0000 + vid);
      for (const [other, tap] of taps) {
        expect(tap.holding(`from far ${vid}`)).toHaveLength(other === vid ? 1 : 0);
      }
    }
    expect(atFar.holding("from pod 30")).toEqual([]);
    expect(taps.get(30)?.holding("from far 30")).toEqual([]);
    const before = (await dropsOf(lab, far))["vlan-not-member"] ?? 0;
    await send(far, frame({ src: far.mac, payload: textDigits("untagged") }));
    await waitFor(
      "the untagged frame dropped",
      () => dropsOf(lab, far),
      (drops) => (drops["vlan-not-member"] ?? 0) > before,
    );
    for (const tap of taps.values()) expect(tap.holding("untagged")).toEqual([]);
    const vlans = (await learned(lab)).map(({ mac, vlan, ifname }) => `${mac} ${vlan} ${ifname}`);
    expect(vlans.sort()).toEqual([`${foreignMac(10)} 10 up0`, `${foreignMac(20)} 20 up0`]);
    await expectCopiesBalanced(lab);
  },
);
