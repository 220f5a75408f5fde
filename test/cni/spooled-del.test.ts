import { expect } from "vitest";
import { expectCleanStart } from "../fixtures/crash.ts";
import { expectBare, expectNothingLeft, remainsOf } from "../fixtures/leaks.ts";
import { mustReach } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { expectEmptySpool, spoolDel, spooledDels } from "../fixtures/spool.ts";
import { cni, mustCni } from "../harness/cni-call.ts";

for (const how of ["stopped", "killed"] as const) {
  scenario(
    `DELs that come while the agent is ${how} are done before it serves again`,
    {},
    async (lab) => {
      const [a, b] = await lab.addPair();
      const gone = await lab.addPod("gone");
      await (how === "stopped" ? lab.agent.stop() : lab.agent.kill());
      await gone.namespace.remove();
      await spoolDel(lab, a.call);
      await spoolDel(lab, gone.call);
      expect(await cni("DEL", a.call)).toMatchObject({ exitCode: 0 });
      expect(spooledDels(lab)).toHaveLength(2);
      await lab.restart();
      expect(spooledDels(lab)).toEqual([]);
      expect((await remainsOf(lab)).attachments).toEqual([`${b.key} attached`]);
      await expectBare(a.namespace);
      await expectCleanStart(lab);
      await expectEmptySpool(lab);
      const { json } = await mustCni("ADD", { ...a.call, containerId: lab.scope.name("next") });
      await mustReach(b, {
        ip4: json.ips[0].address.split("/")[0],
        ip6: json.ips[1].address.split("/")[0],
      });
      await mustCni("DEL", { ...a.call, containerId: lab.scope.name("next") });
      await lab.deletePod(b);
      await expectNothingLeft(lab);
    },
  );
}

scenario(
  "A DEL that comes with the agent alive but its socket lost is done all the same",
  {},
  async (lab) => {
    const pod = await lab.addPod("a");
    const lost = { ...pod.call, env: { MILLRACE_SOCKET: `${lab.agent.socket}.lost` } };
    expect(await cni("DEL", lost)).toMatchObject({ exitCode: 0, stdout: "" });
    await expectEmptySpool(lab);
    await expectBare(pod.namespace);
    await expectNothingLeft(lab);
  },
);

scenario("An agent that dies while it replays a DEL leaves it to the next one", {}, async (lab) => {
  const pod = await lab.addPod("a");
  await lab.agent.kill();
  await spoolDel(lab, pod.call);
  const dying = lab.restart({ env: { MILLRACE_FAILPOINT: "del.4" } });
  await expect(dying).rejects.toThrow("did not start");
  expect(spooledDels(lab)).toHaveLength(1);
  await lab.restart({});
  await expectEmptySpool(lab);
  await expectBare(pod.namespace);
  await expectNothingLeft(lab);
});
