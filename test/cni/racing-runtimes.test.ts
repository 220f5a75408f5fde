import { expect } from "vitest";
import { expectBare, expectNothingLeft, remainsOf } from "../fixtures/leaks.ts";
import { mustReachGateway } from "../fixtures/ping.ts";
import { podOf } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { expectEmptySpool, spooledDels } from "../fixtures/spool.ts";
import { type CniCall, type CniVerb, cni, mustCni } from "../harness/cni-call.ts";

const ROUNDS = 5;

const race = async (one: [CniVerb, CniCall], other: [CniVerb, CniCall]) =>
  await Promise.all([cni(...one), cni(...other)]);

scenario("Two runtimes that call the same ADD get the same attachment", {}, async (lab) => {
  const { namespace, call } = await lab.preparePod("a");
  for (let round = 0; round < ROUNDS; round++) {
    const [one, other] = await race(["ADD", call], ["ADD", call]);
    expect([one.exitCode, other.exitCode]).toEqual([0, 0]);
    expect(one.json).toEqual(other.json);
    expect((await remainsOf(lab)).links).toHaveLength(1);
    await mustReachGateway(podOf({ name: "a", namespace, call, result: one.json }));
    await mustCni("DEL", call);
    await expectNothingLeft(lab);
  }
});

scenario(
  "Of two runtimes that attach one container id to two namespaces one is refused",
  {},
  async (lab) => {
    const mine = await lab.preparePod("mine");
    const other = await lab.preparePod("other");
    const theirs = { ...other, call: { ...other.call, containerId: mine.call.containerId } };
    for (let round = 0; round < ROUNDS; round++) {
      const answers = await race(["ADD", mine.call], ["ADD", theirs.call]);
      const winner = answers.findIndex(({ exitCode }) => exitCode === 0);
      const [won, lost] = winner === 0 ? [mine, theirs] : [theirs, mine];
      expect(answers[1 - winner]).toMatchObject({ exitCode: 1, json: { code: 4 } });
      await expectBare(lost.namespace);
      const { json } = answers[winner] ?? {};
      await mustReachGateway(podOf({ ...won, name: "won", result: json, gatewayMac: "" }));
      await mustCni("DEL", mine.call);
      await expectBare(won.namespace);
      await expectNothingLeft(lab);
    }
  },
);

scenario("Two runtimes that call the same DEL both succeed", {}, async (lab) => {
  for (let round = 0; round < ROUNDS; round++) {
    const pod = await lab.addPod(`a${round}`);
    const [one, other] = await race(["DEL", pod.call], ["DEL", pod.call]);
    expect([one.exitCode, other.exitCode]).toEqual([0, 0]);
    await expectBare(pod.namespace);
    await expectNothingLeft(lab);
  }
});

scenario(
  "A runtime that adds what another deletes finds it there with all that belongs to it, or gone",
  {},
  async (lab) => {
    const pod = await lab.addPod("a");
    for (let round = 0; round < ROUNDS; round++) {
      const [added, deleted] = await race(["ADD", pod.call], ["DEL", pod.call]);
      expect([added.exitCode, deleted.exitCode]).toEqual([0, 0]);
      const { attachments, links, addresses } = await remainsOf(lab);
      const count = attachments.length;
      expect([links.length, addresses]).toEqual([count, 2 * count]);
      if (count === 0) await expectBare(pod.namespace);
      else await mustReachGateway(podOf({ ...pod, result: added.json }));
    }
    await lab.deletePod(pod);
    await expectNothingLeft(lab);
  },
);

scenario(
  "Two runtimes that call the same DEL without an agent leave one DEL to do",
  {},
  async (lab) => {
    const pod = await lab.addPod("a");
    await lab.agent.kill();
    const [one, other] = await race(["DEL", pod.call], ["DEL", pod.call]);
    expect([one.exitCode, other.exitCode]).toEqual([0, 0]);
    expect(spooledDels(lab)).toHaveLength(1);
    await lab.restart();
    await expectEmptySpool(lab);
    await expectBare(pod.namespace);
    await expectNothingLeft(lab);
  },
);
