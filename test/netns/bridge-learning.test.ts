import { expect } from "vitest";
import type { FdbList } from "../../src/agent/forwarding-view.ts";
import {
  counterOf,
  expectCopiesBalanced,
  foreignMac,
  lan,
  learned,
  millraceJson,
  threePods,
  untilLearned,
} from "../fixtures/bridge.ts";
import { capture, frame, send, textDigits } from "../fixtures/bridge-frames.ts";
import { dropsDuring } from "../fixtures/counters.ts";
import { mustReach } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { waitFor } from "../fixtures/wait.ts";

const MAC_LIMIT = 4;
const off = { spoofchk: "off" };

scenario(
  "MAC addresses behind a pod that may have any are learned, and followed when they move",
  { ...lan(), needs: ["python"] },
  async (lab) => {
    const [a, b, c] = await threePods(lab, off);
    const atC = await capture(lab.scope, c);
    const [atA, atB] = [await capture(lab.scope, a), await capture(lab.scope, b)];
    const mac = foreignMac(1);
    await send(a, frame({ src: mac, payload: textDigits("here I am") }));
    await untilLearned(lab, mac, a);
    const shown = await millraceJson<FdbList>(lab, "fdb", "show", "--network", "lan", "--mac", mac);
    expect(shown.entries).toMatchObject([{ mac, vlan: 0, ifname: a.hostName, source: "learned" }]);
    await send(b, frame({ src: b.mac, dst: mac, payload: textDigits("for the guest") }));
    await atA.wait("for the guest");
    expect(atC.holding("for the guest")).toEqual([]);
    await send(b, frame({ src: mac, payload: textDigits("moved") }));
    await untilLearned(lab, mac, b);
    expect(await counterOf(lab, b, "mac_moves")).toBe(1);
    await waitFor("the log line", lab.agent.log, (log) => log.includes("a MAC address moved"));
    const line = lab.agent
      .log()
      .split("\n")
      .find((one) => one.includes("a MAC address moved"));
    expect(line).toContain(mac);
    expect(line).toContain(a.key);
    expect(line).toContain(b.key);
    await send(c, frame({ src: c.mac, dst: mac, payload: textDigits("after it") }));
    await atB.wait("after it");
    expect(atA.holding("after it")).toEqual([]);
    await expectCopiesBalanced(lab);
  },
);

scenario(
  "No more MAC addresses than macLimit are learned behind a pod, frames of others are dropped",
  { ...lan({ macLimit: MAC_LIMIT }), needs: ["python"] },
  async (lab) => {
    const [a, b] = await threePods(lab, off);
    const atB = await capture(lab.scope, b);
    const macs = Array.from({ length: 10 }, (_, i) => foreignMac(i + 1));
    // The pod's own address is one of them.
    await send(a, frame({ src: a.mac }));
    await untilLearned(lab, a.mac, a);
    const before = (await learned(lab)).filter(({ ifname }) => ifname === a.hostName).length;
    const drops = await dropsDuring(lab, a, async () => {
      await send(a, ...macs.map((src) => frame({ src, payload: textDigits("one of many") })));
      await atB.wait("one of many", MAC_LIMIT - before);
    });
    const behind = (await learned(lab)).filter(({ ifname }) => ifname === a.hostName);
    console.log(`${before} learned before, ${behind.length} after, drops ${JSON.stringify(drops)}`);
    expect(behind).toHaveLength(MAC_LIMIT);
    expect(drops).toEqual({ "mac-limit": 10 - MAC_LIMIT + before });
    expect(lab.agent.log()).toContain("not learned: the port has its macLimit");
    await expectCopiesBalanced(lab);
  },
);

scenario(
  "A MAC address that is silent for the ageing time is forgotten, and found by flooding again",
  { ...lan({ fdb: { ageing: 2 } }), needs: ["python"] },
  async (lab) => {
    const [a, b, c] = await threePods(lab, off);
    const atC = await capture(lab.scope, c);
    const mac = foreignMac(1);
    await send(a, frame({ src: mac, payload: textDigits("here I am") }));
    await untilLearned(lab, mac, a);
    const started = performance.now();
    await waitFor(
      "forgotten",
      () => learned(lab),
      (list) => !list.some((one) => one.mac === mac),
      10_000,
    );
    const ms = Math.round(performance.now() - started);
    console.log(`forgotten after ${ms} ms of 2 s ageing`);
    expect(ms).toBeGreaterThan(900);
    await send(b, frame({ src: b.mac, dst: mac, payload: textDigits("anybody") }));
    await atC.wait("anybody");
    // What the agent itself knows does not age.
    await mustReach(a, b);
  },
);
