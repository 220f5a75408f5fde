import { expect } from "vitest";
import {
  addLanPod,
  expectCopiesBalanced,
  foreignMac,
  lan,
  learned,
  threePods,
} from "../fixtures/bridge.ts";
import {
  advertisement,
  arp,
  capture,
  frame,
  send,
  textDigits,
  udp4,
  udp6,
} from "../fixtures/bridge-frames.ts";
import { dropsDuring, dropsOf } from "../fixtures/counters.ts";
import { scenario } from "../fixtures/scenario.ts";
import { waitFor } from "../fixtures/wait.ts";

scenario(
  "With spoofchk on, frames with another's MAC or IP address are dropped for the reason counted",
  { ...lan(), needs: ["python"] },
  async (lab) => {
    const [a, b, c] = await threePods(lab);
    const atB = await capture(lab.scope, b);
    const spoofed = textDigits("spoofed");
    const [to, src] = [b.mac, a.mac];
    const expectDrops = async (reason: string, ...frames: string[]) => {
      const work = async () => {
        const before = (await dropsOf(lab, a))[reason] ?? 0;
        await send(a, ...frames);
        await waitFor(
          reason,
          async () => ((await dropsOf(lab, a))[reason] ?? 0) - before,
          (count) => count === frames.length,
        );
      };
      expect(await dropsDuring(lab, a, work)).toEqual({ [reason]: frames.length });
    };
    await expectDrops(
      "source-mac",
      frame({ src: foreignMac(1), dst: to, payload: spoofed }),
      frame({ src: c.mac, payload: spoofed }),
    );
    const ip = (payload: string, type: number) => frame({ src, dst: to, type, payload });
    const lies = { senderMac: a.mac, target: b.ip4, targetMac: b.mac };
    await expectDrops(
      "source-address",
      ip(udp4(c.ip4, b.ip4) + spoofed, 0x0800),
      ip(arp({ ...lies, op: 2, sender: c.ip4 }) + spoofed, 0x0806),
      ip(arp({ ...lies, op: 1, sender: a.ip4, senderMac: c.mac }) + spoofed, 0x0806),
      ip(arp({ ...lies, op: 1, sender: "10.83.1.254" }) + spoofed, 0x0806),
      ip(udp6(c.ip6, b.ip6) + spoofed, 0x86dd),
      ip(advertisement({ from: a.ip6, to: b.ip6, target: c.ip6, mac: a.mac }), 0x86dd),
      ip(advertisement({ from: a.ip6, to: b.ip6, target: a.ip6, mac: c.mac }), 0x86dd),
    );
    await send(
      a,
      ip(udp4(a.ip4, b.ip4) + textDigits("honest"), 0x0800),
      ip(udp6(a.ip6, b.ip6) + textDigits("honest"), 0x86dd),
      ip(advertisement({ from: a.ip6, to: b.ip6, target: a.ip6, mac: a.mac }), 0x86dd),
    );
    await atB.wait("honest", 2);
    await waitFor(
      "the honest advertisement",
      () => atB.all().filter((one) => /^.{24}86dd.{80}88/.test(one)).length,
      (count) => count === 1,
    );
    expect(atB.holding("spoofed")).toEqual([]);
    expect(await learned(lab)).toEqual([]);
    await expectCopiesBalanced(lab);
  },
);

scenario(
  "With spoofchk off in the network configuration, a pod sends as anybody",
  { ...lan({ spoofchk: "off" }), needs: ["python"] },
  async (lab) => {
    const [a, b] = await threePods(lab);
    const checked = await addLanPod(lab, "d", { spoofchk: "on" });
    const atB = await capture(lab.scope, b);
    const from = (src: string) => frame({ src, dst: b.mac, payload: textDigits("as anybody") });
    await send(a, from(foreignMac(1)));
    await atB.wait("as anybody");
    await send(checked, from(foreignMac(2)));
    await waitFor(
      "source-mac",
      () => dropsOf(lab, checked),
      (drops) => drops["source-mac"] === 1,
    );
    expect(atB.holding("as anybody")).toHaveLength(1);
  },
);
