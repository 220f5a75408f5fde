import { expect } from "vitest";
import { type ChainedPod, chainedPod, lacksChain, prepareChain } from "../fixtures/chain.ts";
import type { Lab } from "../fixtures/lab.ts";
import { expectNothingLeft } from "../fixtures/leaks.ts";
import { mustReachGateway } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";

const cniVersion = "1.0.0";
const lacks = () => lacksChain("tuning");

/** Ours, and behind it tuning with one more key. */
const prepareTuned = (lab: Lab, last: Record<string, unknown>): Promise<ChainedPod> =>
  prepareChain(lab, cniVersion, ["millrace", "tuning"], { last });

scenario("CHECK agrees with an MTU that tuning has lowered", { lacks }, async (lab) => {
  const chain = await prepareTuned(lab, { mtu: 1400 });
  const { stdout } = await chain.call("add");
  expect((await chain.namespace.links())[1]).toMatchObject({ mtu: 1400 });
  await mustReachGateway(chainedPod(chain, JSON.parse(stdout), lab));
  await chain.call("check");
  await chain.call("del");
  await expectNothingLeft(lab);
});

scenario(
  "CHECK names a MAC that tuning has changed, which the ring loop does not know",
  { lacks },
  async (lab) => {
    const chain = await prepareTuned(lab, { mac: "02:00:00:00:99:99" });
    await chain.call("add");
    const { calls } = await chain.cnitool.call("check", chain.list);
    const error = JSON.parse(calls[0]?.stdout ?? "");
    expect(error).toMatchObject({ code: 100, cniVersion });
    expect(error.details).toContain("the ring loop knows eth0 by the MAC");
    await chain.call("del");
    await expectNothingLeft(lab);
  },
);
