import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { callAndDie, expectCleanStart } from "../fixtures/crash.ts";
import { addIpamPod, hostLocal, ownPlugins, prepareIpamPod, reservedIn } from "../fixtures/ipam.ts";
import type { Lab } from "../fixtures/lab.ts";
import { expectBare, expectNothingLeft } from "../fixtures/leaks.ts";
import { mustReachGateway } from "../fixtures/ping.ts";
import { podOf } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { waitFor } from "../fixtures/wait.ts";
import { cni, mustCni } from "../harness/cni-call.ts";
import { REFERENCE_PLUGINS } from "../harness/paths.ts";

const needs = ["hostLocal"] as const;

const IN_ADD = {
  "add.2.done": "after the journal knows",
  "add.4": "before the IPAM plugin's ADD",
  "ipam.added": "right after the IPAM plugin's ADD",
  "add.4.done": "after the journal has the addresses",
  "add.6.done": "after the port is there",
  "add.8": "before the commit",
  "add.8.done": "after the commit",
} as const;

for (const [failpoint, when] of Object.entries(IN_ADD)) {
  scenario(`kill -9 in ADD ${when} leaks no address of an IPAM plugin`, { needs }, (lab) =>
    dieInAdd(lab, failpoint),
  );
}

async function dieInAdd(lab: Lab, failpoint: string): Promise<void> {
  const { namespace, call } = await prepareIpamPod(lab, "a", hostLocal(lab));
  await lab.agent.stop();
  await lab.restart({ env: { MILLRACE_FAILPOINT: failpoint } });
  await callAndDie(lab, "ADD", call);
  expect(reservedIn(lab)).toHaveLength(/^add\.(2|4$)/.test(failpoint) ? 0 : 2);
  await lab.restart({});
  await expectCleanStart(lab);
  const committed = failpoint === "add.8.done";
  expect(reservedIn(lab)).toHaveLength(committed ? 2 : 0);
  await mustCni("DEL", call);
  await expectBare(namespace);
  const { json: result } = await mustCni("ADD", call);
  const pod = podOf({ name: "a", namespace, call, result });
  await mustReachGateway(pod);
  await lab.deletePod(pod);
  expect(reservedIn(lab)).toEqual([]);
  await expectNothingLeft(lab);
}

for (const failpoint of [
  "del.1.done",
  "del.4.done",
  "del.5",
  "del.5.done",
  "del.6",
  "del.6.done",
]) {
  scenario(
    `kill -9 in DEL at ${failpoint} leaves no address of an IPAM plugin after the next start`,
    { needs },
    async (lab) => {
      const { call, namespace } = await addIpamPod(lab, "a", hostLocal(lab));
      await lab.agent.stop();
      await lab.restart({ env: { MILLRACE_FAILPOINT: failpoint } });
      await callAndDie(lab, "DEL", call);
      await lab.restart({});
      await expectCleanStart(lab);
      expect(reservedIn(lab)).toEqual([]);
      await mustCni("DEL", call);
      await expectBare(namespace);
      await expectNothingLeft(lab);
    },
  );
}

scenario(
  "kill -9 while the IPAM plugin runs leaks nothing: the next agent waits for its end",
  { needs },
  async (lab) => {
    const path = ownPlugins(lab);
    const ended = `${path}/ADD-ended`;
    const add = `[ $CNI_COMMAND = ADD ] && touch ${path}/began && sleep 1`;
    const slow = `#!/bin/sh\n${add}\n${REFERENCE_PLUGINS}/host-local\ntouch ${path}/$CNI_COMMAND-ended\n`;
    writeFileSync(join(path, "slow"), slow, { mode: 0o755 });
    const { call } = await prepareIpamPod(lab, "a", hostLocal(lab, { type: "slow" }), { path });
    const answer = cni("ADD", call);
    await waitFor("the plugin to begin", () => existsSync(`${path}/began`), Boolean);
    await lab.agent.kill();
    expect((await answer).json).toMatchObject({ code: 11 });
    await lab.restart({});
    await expectCleanStart(lab);
    await waitFor("the end of the plugin", () => existsSync(ended), Boolean);
    expect(reservedIn(lab)).toEqual([]);
    await expectNothingLeft(lab);
  },
);
