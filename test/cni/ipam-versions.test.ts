import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type TestContext, test } from "vitest";
import { addIpamPod, hostLocal, ownPlugins, prepareIpamPod, reservedIn } from "../fixtures/ipam.ts";
import { expectNothingLeft } from "../fixtures/leaks.ts";
import { mustReachGateway } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { cni, mustCni } from "../harness/cni-call.ts";
import { goTool } from "../harness/go-tools.ts";

const newest = await goTool("host-local");
const needs = ["hostLocal"] as const;

for (const cniVersion of ["0.1.0", "0.2.0", "0.3.1", "0.4.0", "1.0.0"]) {
  scenario(
    `The IPAM plugin answers in version ${cniVersion}, as the configuration says`,
    { needs },
    async (lab) => {
      const { call } = await prepareIpamPod(lab, "a", hostLocal(lab), { cniVersion });
      const { json } = await mustCni("ADD", call);
      expect(json.cniVersion).toBe(cniVersion);
      expect(JSON.stringify(json)).toContain('"10.81.1.100/32"');
      await mustCni("DEL", call);
      expect(reservedIn(lab)).toEqual([]);
    },
  );
}

scenario(
  "STATUS and ADD of 1.1.0 name an IPAM plugin that is too old for it",
  { needs },
  async (lab) => {
    const { call } = await prepareIpamPod(lab, "a", hostLocal(lab), { cniVersion: "1.1.0" });
    expect((await cni("STATUS", call)).json).toMatchObject({
      code: 50,
      details: expect.stringMatching(
        /IPAM plugin host-local speaks .*1\.0\.0, not cniVersion 1\.1\.0/,
      ),
    });
    expect((await cni("ADD", call)).json).toMatchObject({
      code: 1,
      msg: expect.stringContaining("IPAM plugin host-local: incompatible CNI versions"),
    });
    await mustCni("DEL", call);
    await expectNothingLeft(lab);
  },
);

if (newest.lacks !== "") {
  test("IPAM plugins of version 1.1.0", (context: TestContext) => context.skip(true, newest.lacks));
} else {
  scenario("An IPAM plugin of 1.1.0 answers every verb", { needs }, async (lab) => {
    const path = ownPlugins(lab);
    copyFileSync(newest.path, join(path, "host-local"));
    const options = { cniVersion: "1.1.0", path };
    const pod = await addIpamPod(lab, "a", hostLocal(lab), options);
    await mustReachGateway(pod);
    await mustCni("CHECK", { ...pod.call, prevResult: pod.result });
    await mustCni("STATUS", pod.call);
    const valid = { "cni.dev/valid-attachments": [] };
    await mustCni("GC", { ...pod.call, config: { ...pod.call.config, ...valid } });
    expect(reservedIn(lab)).toEqual([]);
    await expectNothingLeft(lab);
  });
}

scenario(
  "STATUS passes on what the IPAM plugin says, and GC asks it last",
  { needs },
  async (lab) => {
    const path = ownPlugins(lab);
    const version = `{"cniVersion":"1.1.0","supportedVersions":["1.1.0"]}`;
    const script = `#!/bin/sh
echo $CNI_COMMAND >> ${path}/calls
case $CNI_COMMAND in
  VERSION) echo '${version}';;
  STATUS) echo '{"code":51,"msg":"no store","details":"tcp timeout"}'; exit 1;;
  GC) cat > ${path}/gc;;
esac
`;
    writeFileSync(join(path, "asked"), script, { mode: 0o755 });
    const options = { cniVersion: "1.1.0", path };
    const { call } = await prepareIpamPod(lab, "a", { type: "asked" }, options);
    expect((await cni("STATUS", call)).json).toMatchObject({
      code: 51,
      details: "IPAM plugin asked: no store: tcp timeout",
    });
    const valid = { "cni.dev/valid-attachments": [{ containerID: "x", ifname: "eth0" }] };
    await mustCni("GC", { ...call, config: { ...call.config, ...valid } });
    const calls = await lab.node.must("cat", [join(path, "calls")]);
    expect(calls.split("\n").slice(0, -1)).toEqual(["VERSION", "STATUS", "VERSION", "GC"]);
    expect(JSON.parse(await lab.node.must("cat", [join(path, "gc")]))).toMatchObject(valid);
  },
);
