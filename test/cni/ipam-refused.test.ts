import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { addIpamPod, hostLocal, ownPlugins, prepareIpamPod, reservedIn } from "../fixtures/ipam.ts";
import { expectBare, expectNothingLeft } from "../fixtures/leaks.ts";
import { scenario } from "../fixtures/scenario.ts";
import { cni, mustCni } from "../harness/cni-call.ts";
import { REFERENCE_PLUGINS } from "../harness/paths.ts";

const needs = ["hostLocal"] as const;
const outside = [[{ subnet: "10.99.0.0/24" }]];
const one = [[{ subnet: "10.81.1.0/24", rangeStart: "10.81.1.100", rangeEnd: "10.81.1.100" }]];

for (const [what, ipam, code, words] of [
  ["is missing", { type: "whereto" }, 7, /ipam.type = "whereto": there is no such plugin/],
  ["is a path", { type: "../cni/host-local" }, 7, /ipam.type = "..\/cni\/host-local"/],
  [
    "refuses its configuration",
    { type: "host-local", ranges: 7 },
    999,
    /^IPAM plugin host-local: /,
  ],
  [
    "gives addresses of elsewhere",
    { ranges: outside },
    7,
    /"10.99.0.2\/24": it is not in a prefix/,
  ],
  [
    "gives the gateway of elsewhere",
    { ranges: [[{ subnet: "10.81.1.0/24", rangeStart: "10.81.1.50", gateway: "10.81.1.9" }]] },
    7,
    /ips\[0\].gateway = "10.81.1.9": nobody answers/,
  ],
] as const) {
  scenario(
    `ADD fails with one clear error when the IPAM plugin ${what}, and nothing is left`,
    { needs },
    async (lab) => {
      const { namespace, call } = await prepareIpamPod(lab, "a", hostLocal(lab, ipam));
      const { exitCode, json } = await cni("ADD", call);
      expect(exitCode).toBe(1);
      expect(json).toMatchObject({ code, msg: expect.stringMatching(words) });
      await mustCni("DEL", call);
      expect(reservedIn(lab)).toEqual([]);
      await expectBare(namespace);
      await expectNothingLeft(lab);
    },
  );
}

scenario(
  "ADD without an address left passes the plugin's words on, until a pod goes",
  { needs },
  async (lab) => {
    const first = await addIpamPod(lab, "a", hostLocal(lab, { ranges: one }));
    const { namespace, call } = await prepareIpamPod(lab, "b", hostLocal(lab, { ranges: one }));
    const { json } = await cni("ADD", call);
    expect(json.msg).toMatch(/^IPAM plugin host-local: .*no IP addresses available/);
    await expectBare(namespace);
    await lab.deletePod(first);
    await mustCni("ADD", call);
    expect(reservedIn(lab)).toEqual(["10.81.1.100"]);
  },
);

scenario(
  "A plugin that fails DEL keeps the attachment until it does it, and the pod is gone all the same",
  { needs },
  async (lab) => {
    const path = ownPlugins(lab);
    const refusing = `[ $CNI_COMMAND = DEL ] && [ ! -e ${path}/well ] && echo '{"code":11,"msg":"the store is away"}' && exit 1`;
    writeFileSync(
      join(path, "moody"),
      `#!/bin/sh\n${refusing}\nexec ${REFERENCE_PLUGINS}/host-local\n`,
      {
        mode: 0o755,
      },
    );
    const pod = await addIpamPod(lab, "a", hostLocal(lab, { type: "moody" }), { path });
    const { exitCode, json } = await cni("DEL", pod.call);
    expect({ exitCode, ...json }).toMatchObject({
      exitCode: 1,
      code: 11,
      details: expect.stringContaining("IPAM plugin moody: the store is away"),
    });
    expect(await lab.agent.client.attachments()).toMatchObject([{ state: "removing" }]);
    await expectBare(pod.namespace);
    writeFileSync(join(path, "well"), "");
    await lab.deletePod(pod);
    expect(reservedIn(lab)).toEqual([]);
    await expectNothingLeft(lab);
  },
);
