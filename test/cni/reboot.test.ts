import { randomUUID } from "node:crypto";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { expectCleanStart } from "../fixtures/crash.ts";
import type { Lab } from "../fixtures/lab.ts";
import { expectNothingLeft, remainsOf } from "../fixtures/leaks.ts";
import { scenario } from "../fixtures/scenario.ts";
import { expectEmptySpool, spoolDel, spooledDels } from "../fixtures/spool.ts";
import { spoolOf } from "../harness/cni-call.ts";

scenario(
  "A node that reboots with spooled DELs and stale records comes back clean",
  {},
  async (lab) => {
    const [deleted, forgotten] = await lab.addPair();
    const late = await lab.addPod("late");
    await lab.agent.kill();
    await spoolDel(lab, deleted.call);
    for (const { namespace } of [deleted, forgotten, late]) await namespace.remove();
    await spoolDel(lab, late.call);
    await rebootAgent(lab);
    await expectCleanStart(lab);
    await expectEmptySpool(lab);
    await expectNothingLeft(lab);
    await lab.deletePod(forgotten);
    const again = await lab.addPod("again");
    expect(again.ip4).toBe(deleted.ip4);
    await lab.deletePod(again);
    await expectNothingLeft(lab);
  },
);

scenario(
  "A DEL from before a reboot that appears late harms no attachment made since",
  {},
  async (lab) => {
    const before = await lab.addPod("a");
    await lab.agent.kill();
    await spoolDel(lab, before.call);
    const [name = ""] = spooledDels(lab);
    const file = join(spoolOf(lab.agent.socket), name);
    copyFileSync(file, `${file}.kept`);
    await before.namespace.remove();
    await rebootAgent(lab);
    const after = await lab.addPod("a");
    expect(after.key).toBe(before.key);
    copyFileSync(`${file}.kept`, file);
    await expectEmptySpool(lab);
    expect((await remainsOf(lab)).attachments).toEqual([`${after.key} attached`]);
    expect(lab.agent.log()).toContain("dropped a spooled DEL");
    await lab.deletePod(after);
    await expectNothingLeft(lab);
  },
);

/** Starts the agent as after a reboot: the kernel says another boot id. */
async function rebootAgent(lab: Lab): Promise<void> {
  const id = randomUUID();
  const file = join(lab.scope.dir, "boot_id");
  writeFileSync(file, `${id}\n`);
  // `ip netns exec` gives the agent mounts of its own.
  const script = 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"';
  await lab.restart({ through: ["sh", "-c", script, file] });
  expect((await lab.agent.client.status()).bootId).toBe(id);
}
