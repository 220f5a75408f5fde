import { expect } from "vitest";
import type { PortView } from "../../src/agent/view.ts";
import { expectBalanced } from "../fixtures/counters.ts";
import type { Lab } from "../fixtures/lab.ts";
import { expectBare, expectNothingLeft } from "../fixtures/leaks.ts";
import { mustReach } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { exchangeDatagrams, exchangeStreams } from "../fixtures/sockets.ts";
import { cni } from "../harness/cni-call.ts";

const BYTES = 5_000_000;
const needs = ["python"] as const;

for (const mode of ["copy", "generic"] as const) {
  for (const family of [4, 6] as const) {
    scenario(
      `A port forced to mode ${mode} reaches it and carries TCP and UDP over IPv${family}`,
      { needs, config: { dataplane: { mode } } },
      async (lab) => {
        const pods = await lab.addPair();
        for (const port of await ports(lab)) expect(port).toMatchObject({ mode, refused: [] });
        await exchangeStreams(lab.scope, pods, family, BYTES);
        const sizes = { first: 1, last: 1452, step: 100 };
        const { lost, broken } = await exchangeDatagrams(lab.scope, pods, family, sizes);
        expect({ lost, broken }).toEqual({ lost: [], broken: [] });
        await expectBalanced(lab);
      },
    );
  }
}

scenario(
  "Probing finds the fastest mode a veth has and says why it has no faster one",
  {},
  async (lab) => {
    await lab.addPair();
    for (const { mode, refused } of await ports(lab)) {
      expect(mode).toBe("copy");
      expect(refused).toHaveLength(1);
      expect(refused[0]).toMatch(/^zero-copy: .+/);
    }
    const [first] = await ports(lab);
    expect(first?.refused[0]).toContain("Operation not supported");
  },
);

scenario(
  "A mode that a veth does not have fails ADD with the kernel's reason and leaves nothing",
  { config: { dataplane: { mode: "zero-copy" } } },
  async (lab) => {
    const { namespace, call } = await lab.preparePod("a");
    const { exitCode, json } = await cni("ADD", call);
    expect(exitCode).toBe(1);
    expect(json.details).toMatch(/zero-copy: .*Operation not supported/);
    await expectBare(namespace);
    await expectNothingLeft(lab);
  },
);

scenario("Pods of one network reach each other whatever mode each port has", {}, async (lab) => {
  const auto = await lab.addPod("auto");
  await lab.agent.stop();
  await lab.restart({ config: { dataplane: { mode: "generic" } } });
  const generic = await lab.addPod("generic");
  expect(new Set((await ports(lab)).map(({ mode }) => mode))).toEqual(new Set(["generic"]));
  await mustReach(auto, generic);
});

const ports = (lab: Lab): Promise<PortView[]> => lab.agent.client.ports();
