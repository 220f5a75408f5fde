import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { addIpamPod, hostLocal, ownPlugins, reservedIn } from "../fixtures/ipam.ts";
import { NETWORKS } from "../fixtures/lab.ts";
import { expectBare, expectNothingLeft } from "../fixtures/leaks.ts";
import { scenario } from "../fixtures/scenario.ts";
import { expectEmptySpool, spoolDel } from "../fixtures/spool.ts";
import { cni, mustCni } from "../harness/cni-call.ts";
import { REFERENCE_PLUGINS } from "../harness/paths.ts";

const needs = ["hostLocal"] as const;

for (const journal of ["with its journal", "that has lost its journal"]) {
  scenario(
    `A spooled DEL gives back the address of an IPAM plugin to an agent ${journal}`,
    { needs },
    async (lab) => {
      const pod = await addIpamPod(lab, "a", hostLocal(lab));
      expect(reservedIn(lab)).not.toEqual([]);
      await lab.agent.kill();
      await spoolDel(lab, pod.call);
      if (journal === "that has lost its journal") {
        for (const name of readdirSync(lab.agent.stateDir)) {
          if (name !== "spool") rmSync(join(lab.agent.stateDir, name));
        }
      }
      await lab.restart();
      await expectEmptySpool(lab);
      expect(reservedIn(lab)).toEqual([]);
      await expectBare(pod.namespace);
      await expectNothingLeft(lab);
    },
  );
}

scenario(
  "A spooled DEL whose IPAM plugin fails stays until it works, and holds up nothing else",
  { needs },
  async (lab) => {
    const config = { networks: NETWORKS, reconcileInterval: 1 };
    const broken = join(lab.scope.dir, "broken");
    const path = ownPlugins(lab);
    // Fails DEL while the file is there.
    const script = `#!/bin/sh
[ "$CNI_COMMAND" = DEL ] && [ -e ${broken} ] && echo '{"code":11,"msg":"broken"}' && exit 1
exec ${REFERENCE_PLUGINS}/host-local
`;
    writeFileSync(join(path, "fragile"), script, { mode: 0o755 });
    const pod = await addIpamPod(lab, "a", hostLocal(lab, { type: "fragile" }), { path });
    await lab.agent.kill();
    await spoolDel(lab, pod.call);
    writeFileSync(broken, "");
    await lab.restart({ config });
    expect((await lab.agent.client.status()).spool).toMatchObject({ waiting: 1 });
    expect(await cni("ADD", pod.call)).toMatchObject({
      exitCode: 1,
      json: { code: 11, details: expect.stringContaining("has to be done first") },
    });
    const other = await lab.addPod("other", { network: "red" });
    rmSync(broken);
    await expectEmptySpool(lab);
    expect(reservedIn(lab)).toEqual([]);
    await expectBare(pod.namespace);
    await mustCni("ADD", pod.call);
    for (const each of [pod, other]) await lab.deletePod(each);
    await expectNothingLeft(lab);
  },
);
