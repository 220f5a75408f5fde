import { expect } from "vitest";
import type { Lab } from "../fixtures/lab.ts";
import { expectBare, remainsOf } from "../fixtures/leaks.ts";
import { mustReachGateway } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { cni, mustCni } from "../harness/cni-call.ts";

/** Room for one pod: of four addresses three are network, gateway and broadcast. */
const SMALL = [{ name: "blue", nodePrefixes: ["10.81.1.0/30"] }];
const LIMITED = [{ name: "blue", nodePrefixes: ["10.81.1.0/24", "fd81:1::/64"] }];

scenario(
  "When the addresses are used up ADD names network and prefix, and works again after a DEL",
  { config: { networks: SMALL } },
  async (lab) => {
    const first = await lab.addPod("first");
    expect(first.ip4).toBe("10.81.1.2");
    const { namespace, call } = await lab.preparePod("second");
    const { exitCode, json } = await cni("ADD", call);
    expect(exitCode).toBe(1);
    expect(json.code).toBe(11);
    expect(json.details).toContain("network blue: every address of 10.81.1.0/30 is in use");
    await expectBare(namespace);
    await expectOneLeft(lab);
    // The node is well all the same: a runtime must not take it for broken.
    expect(await cni("STATUS", call)).toMatchObject({ exitCode: 0 });
    await lab.deletePod(first);
    const { json: result } = await mustCni("ADD", call);
    expect(result.ips[0].address).toBe("10.81.1.2/32");
  },
);

scenario(
  "A network that says so fails STATUS while its addresses are used up",
  { config: { networks: SMALL.map((network) => ({ ...network, notReadyWhenFull: true })) } },
  async (lab) => {
    const pod = await lab.addPod("first");
    const { exitCode, json } = await cni("STATUS", pod.call);
    expect(exitCode).toBe(1);
    const details = expect.stringContaining("every address of 10.81.1.0/30 is in use");
    expect(json).toMatchObject({ code: 50, details });
    await lab.deletePod(pod);
    expect(await cni("STATUS", pod.call)).toMatchObject({ exitCode: 0, stdout: "" });
  },
);

scenario(
  "When the worker has no port left ADD says so, and works again after a DEL",
  { config: { networks: LIMITED, dataplane: { maxPorts: 1 } } },
  async (lab) => {
    const first = await lab.addPod("first");
    const { namespace, call } = await lab.preparePod("second");
    const { exitCode, json } = await cni("ADD", call);
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ code: 11, details: expect.stringContaining("maxPorts") });
    await expectBare(namespace);
    await expectOneLeft(lab);
    await mustReachGateway(first);
    await lab.deletePod(first);
    await mustCni("ADD", call);
  },
);

async function expectOneLeft(lab: Lab): Promise<void> {
  const { links, records, ports } = await remainsOf(lab);
  expect({ links: links.length, records, ports: ports.length }).toEqual({
    links: 1,
    records: 1,
    ports: 1,
  });
}
