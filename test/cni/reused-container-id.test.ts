import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { expectNothingLeft, remainsOf } from "../fixtures/leaks.ts";
import { mustReachGateway } from "../fixtures/ping.ts";
import { podOf } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { expectEmptySpool, spoolDel, spooledDels } from "../fixtures/spool.ts";
import { mustCni, spoolOf } from "../harness/cni-call.ts";

scenario(
  "A container id that is used again after a spooled DEL gets an attachment that stays",
  {},
  async (lab) => {
    const pod = await lab.addPod("a");
    await lab.agent.kill();
    await spoolDel(lab, pod.call);
    await lab.restart();
    const { json } = await mustCni("ADD", pod.call);
    await expectEmptySpool(lab);
    const again = podOf({ ...pod, result: json });
    await mustReachGateway(again);
    expect((await remainsOf(lab)).attachments).toEqual([`${pod.key} attached`]);
    await lab.deletePod(again);
    await expectNothingLeft(lab);
  },
);

scenario(
  "A DEL that waits in the spool is done before an ADD of its attachment is served",
  {},
  async (lab) => {
    const pod = await lab.addPod("a");
    // The watch and the ADD see the file at the same time; whoever is first, the ADD comes second.
    for (let round = 0; round < 5; round++) {
      const lost = { ...pod.call, env: { MILLRACE_SOCKET: `${lab.agent.socket}.lost` } };
      await mustCni("DEL", lost);
      const { json } = await mustCni("ADD", pod.call);
      await expectEmptySpool(lab);
      await mustReachGateway(podOf({ ...pod, result: json }));
    }
    expect((await remainsOf(lab)).attachments).toEqual([`${pod.key} attached`]);
    expect(lab.agent.log()).not.toContain("dropped a spooled DEL");
    await lab.deletePod(pod);
    await expectNothingLeft(lab);
  },
);

scenario(
  "A DEL that is spooled too late to be done before the next ADD is dropped",
  {},
  async (lab) => {
    const pod = await lab.addPod("a");
    await lab.agent.kill();
    await spoolDel(lab, pod.call);
    const [name = ""] = spooledDels(lab);
    const file = join(spoolOf(lab.agent.socket), name);
    copyFileSync(file, `${file}.late`);
    await lab.restart();
    const { json } = await mustCni("ADD", pod.call);
    copyFileSync(`${file}.late`, file);
    await expectEmptySpool(lab);
    expect(lab.agent.log()).toContain("dropped a spooled DEL");
    await mustReachGateway(podOf({ ...pod, result: json }));
    // One that is called after the ADD is no such thing.
    await lab.agent.kill();
    await spoolDel(lab, pod.call);
    await lab.restart();
    await expectNothingLeft(lab);
  },
);
