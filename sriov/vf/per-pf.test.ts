import { describe, expect, it } from "vitest";
import { errno } from "../../src/dataplane/fake-errno.ts";
import { DRIVERS } from "../fixtures/fake-vf-drivers.ts";
import { agentOn, machineWith } from "./fixture.ts";
import { perPf } from "./per-pf.ts";

describe("programming the VFs of a PF", () => {
  it("is done one after the other, and at the same time for different PFs", async () => {
    const agent = agentOn(machineWith(DRIVERS.ice));
    const running = new Map<string, number>();
    let most = 0;
    const slow = {
      ...agent.parts.kernel,
      setVf: async (pf: string) => {
        running.set(pf, (running.get(pf) ?? 0) + 1);
        expect(running.get(pf)).toBe(1);
        most = Math.max(
          most,
          [...running.values()].reduce((a, b) => a + b),
        );
        await new Promise(setImmediate);
        running.set(pf, 0);
      },
    };
    const kernel = perPf(slow, agent.parts.pause);
    const set = (pf: string, index: number) => kernel.setVf(pf, index, { trust: true });
    await Promise.all([set("ens1", 0), set("ens1", 1), set("ens2", 0), set("ens2", 1)]);
    expect(most).toBe(2);
  });

  it("asks a PF again that is busy, and gives up after two seconds", async () => {
    const agent = agentOn(machineWith(DRIVERS.ice));
    let waited = 0;
    let tries = 0;
    const busy = (until: number) => ({
      ...agent.parts.kernel,
      setVf: async () => {
        if (++tries < until) throw errno("EAGAIN", "VF in reset");
      },
    });
    const pause = async (ms: number) => {
      waited += ms;
    };
    await perPf(busy(5), pause).setVf("ens1", 0, { trust: true });
    expect({ tries, waited }).toEqual({ tries: 5, waited: 400 });
    const change = perPf(busy(99), pause).setVf("ens1", 0, { trust: true });
    await expect(change).rejects.toThrow("VF in reset");
  });

  it("hands other refusals on at once, and everything else through", async () => {
    const machine = machineWith(DRIVERS.igb);
    const agent = agentOn(machine);
    const kernel = perPf(agent, agent.parts.pause);
    const refused = kernel.setVf("ens1", 0, { linkState: "enable" });
    await expect(refused).rejects.toThrow("linkState of VF 0");
    expect(await kernel.listVfSettings("ens1")).toHaveLength(2);
    const netdev = await kernel.findNetdev("", "0000:01:10.0");
    expect(
      await kernel.moveNetdev("", netdev?.ifindex ?? 0, "/run/netns/pod", "x"),
    ).toBeGreaterThan(0);
  });
});
