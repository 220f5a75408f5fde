import { expect } from "vitest";
import { expectNothingLeft, remainsOf } from "../fixtures/leaks.ts";
import { scenario } from "../fixtures/scenario.ts";
import { expectEmptySpool, spoolDel } from "../fixtures/spool.ts";
import { cni } from "../harness/cni-call.ts";

scenario(
  "With its namespace gone ADD and CHECK are refused, and DEL succeeds and leaves nothing",
  {},
  async (lab) => {
    const pod = await lab.addPod("a");
    await pod.namespace.remove();
    const second = { ...pod.call, containerId: lab.scope.name("b") };
    expect(await cni("ADD", second)).toMatchObject({ exitCode: 1, json: { code: 8 } });
    const check = await cni("CHECK", { ...pod.call, prevResult: pod.result });
    expect(check.exitCode).toBe(1);
    // The kernel has removed the link with the namespace; the address stays taken until DEL.
    expect(await remainsOf(lab)).toMatchObject({ attachments: [expect.any(String)], addresses: 2 });
    for (let time = 0; time < 2; time++) {
      expect(await cni("DEL", pod.call)).toMatchObject({ exitCode: 0, stdout: "" });
      await expectNothingLeft(lab);
    }
  },
);

for (const netns of ["that is gone", "that the runtime does not name"]) {
  scenario(`A DEL with a namespace ${netns} can be spooled and done later`, {}, async (lab) => {
    const pod = await lab.addPod("a");
    await lab.agent.kill();
    await pod.namespace.remove();
    await spoolDel(lab, netns === "that is gone" ? pod.call : { ...pod.call, netns: "" });
    await lab.restart();
    await expectEmptySpool(lab);
    await expectNothingLeft(lab);
  });
}
