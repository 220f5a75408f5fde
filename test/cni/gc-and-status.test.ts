import { expect } from "vitest";
import { expectNothingLeft, remainsOf } from "../fixtures/leaks.ts";
import { mustReach } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { type CniCall, cni } from "../harness/cni-call.ts";

const idOf = ({ call }: Pod) => ({ containerID: call.containerId, ifname: call.ifname });
const gc = (call: CniCall, valid: Pod[] | null) =>
  cni("GC", {
    ...call,
    config: { ...call.config, "cni.dev/valid-attachments": valid?.map(idOf) ?? null },
  });

scenario("GC removes what is not named as valid and leaves the rest working", {}, async (lab) => {
  const [a, b] = await lab.addPair();
  const stale = await lab.addPod("stale");
  const gone = await lab.addPod("gone");
  await gone.namespace.remove();
  const { exitCode, stdout } = await gc(a.call, [a, b]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
  const { attachments } = await remainsOf(lab);
  expect(attachments).toEqual([`${a.key} attached`, `${b.key} attached`]);
  expect((await stale.namespace.links()).map(({ ifname }) => ifname)).toEqual(["lo"]);
  await mustReach(a, b);
});

scenario(
  "GC leaves what another network configuration has added, even to the same network",
  {},
  async (lab) => {
    const red = await lab.addPod("red", { network: "red" });
    const other = await lab.addPod("other", { config: { name: "blue-too", network: "blue" } });
    const blue = await lab.addPod("blue");
    expect(await gc(blue.call, [])).toMatchObject({ exitCode: 0 });
    const { attachments } = await remainsOf(lab);
    expect(attachments).toEqual([`${red.key} attached`, `${other.key} attached`]);
  },
);

scenario(
  "GC with null for an empty list removes everything of the configuration",
  {},
  async (lab) => {
    const pod = await lab.addPod("a");
    expect(await gc(pod.call, null)).toMatchObject({ exitCode: 0 });
    await expectNothingLeft(lab);
  },
);

scenario("GC without the list is refused and removes nothing", {}, async (lab) => {
  const pod = await lab.addPod("a");
  const { exitCode, json } = await cni("GC", pod.call);
  expect(exitCode).toBe(1);
  expect(json).toMatchObject({
    code: 7,
    msg: expect.stringContaining("cni.dev/valid-attachments"),
  });
  expect((await remainsOf(lab)).records).toBe(1);
});

scenario(
  "STATUS succeeds for a network the agent has and names those it knows for others",
  {},
  async (lab) => {
    const { call } = await lab.preparePod("a");
    expect(await cni("STATUS", call)).toMatchObject({ exitCode: 0, stdout: "" });
    const { exitCode, json } = await cni("STATUS", { ...call, network: "green" });
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ code: 50, details: expect.stringContaining("blue, red") });
  },
);

for (const verb of ["GC", "STATUS"] as const) {
  scenario(`${verb} in version 1.0.0, which has none, is refused with code 1`, {}, async (lab) => {
    const { call } = await lab.preparePod("a");
    const { exitCode, json } = await cni(verb, { ...call, cniVersion: "1.0.0" });
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ code: 1, details: "it exists since 1.1.0" });
  });
}
