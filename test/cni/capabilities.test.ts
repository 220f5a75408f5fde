import { join } from "node:path";
import { expect } from "vitest";
import { type ChainedPod, chainedPod, lacksChain, prepareChain } from "../fixtures/chain.ts";
import type { Lab } from "../fixtures/lab.ts";
import { expectNothingLeft } from "../fixtures/leaks.ts";
import { mustReachGateway } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { lacksCnitool } from "../harness/cnitool.ts";

const MAC = "02:00:00:aa:bb:cc";
const IPS = ["10.81.1.77", "fd81:1::77"];
const PORTS = [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }];
const RATES = { ingressRate: 8_000_000, ingressBurst: 800_000 };
const OURS = { mac: true, ips: true, deviceID: true, CNIDeviceInfoFile: true };

const lacks = lacksCnitool;
const cniVersion = "1.0.0";

/** What the plugins of a list have got as runtimeConfig. */
const runtimeConfigs = async (chain: ChainedPod) =>
  (await chain.call("add")).calls.map(({ config }) => config.runtimeConfig);

const neighbours = { lacks: () => lacksChain("portmap", "bandwidth") };

scenario(
  "Each plugin of a chain gets the capability arguments it declares",
  neighbours,
  async (lab) => {
    const CNIDeviceInfoFile = join(lab.scope.dir, "device-info.json");
    const args = { mac: MAC, ips: IPS, deviceID: "0000:00:00.0", CNIDeviceInfoFile };
    const all = { ...args, portMappings: PORTS, bandwidth: RATES };
    const chain = await prepareChain(lab, cniVersion, ["millrace", "portmap", "bandwidth"], {
      own: { capabilities: OURS },
      env: { CAP_ARGS: JSON.stringify(all) },
    });
    expect(await runtimeConfigs(chain)).toEqual([
      ...[args, { portMappings: PORTS }, { bandwidth: RATES }],
    ]);
    await expectWishes(lab, chain);
  },
);

scenario(
  "A capability that we declare and nobody here has is refused, naming it",
  { lacks },
  async (lab) => {
    const chain = await prepareChain(lab, cniVersion, ["millrace"], {
      own: { capabilities: { aliases: true } },
      env: { CAP_ARGS: JSON.stringify({ aliases: ["web"] }) },
    });
    const { calls } = await chain.cnitool.call("add", chain.list);
    expect(JSON.parse(calls[0]?.stdout ?? "")).toMatchObject({
      code: 2,
      msg: expect.stringContaining("runtimeConfig.aliases"),
    });
    await expectNothingLeft(lab);
  },
);

scenario(
  "Capability arguments win over args of the configuration, and those over CNI_ARGS",
  { lacks },
  async (lab) => {
    const chain = await prepareChain(lab, cniVersion, ["millrace"], {
      own: {
        capabilities: { mac: true },
        args: { cni: { mac: "02:00:00:00:00:11", ips: IPS, labels: [{ key: "a", value: "b" }] } },
      },
      env: {
        CAP_ARGS: JSON.stringify({ mac: MAC }),
        CNI_ARGS: "IgnoreUnknown=1;MAC=02:00:00:00:00:12;IP=10.81.1.78",
      },
    });
    await chain.call("add");
    await expectWishes(lab, chain);
  },
);

scenario(
  "Of keys that CNI_ARGS repeat the last one counts, and unknown ones are ignored if told so",
  { lacks },
  async (lab) => {
    const pairs = ["IgnoreUnknown=true", "K8S_POD_NAMESPACE=shop", "K8S_POD_NAME=first"];
    const more = ["NONSENSE=1", "NONSENSE=2", `IP=${IPS.join(",")}`, `MAC=${MAC}`];
    const env = { CNI_ARGS: [...pairs, ...more, "K8S_POD_NAME=web-0"].join(";") };
    const chain = await prepareChain(lab, cniVersion, ["millrace"], { env });
    await chain.call("add");
    const [attachment] = await lab.agent.client.attachments();
    expect(attachment?.pod).toMatchObject({ namespace: "shop", name: "web-0" });
    await expectWishes(lab, chain);
  },
);

scenario(
  "Unknown keys of CNI_ARGS are refused when nobody says to ignore them",
  { lacks },
  async (lab) => {
    const env = { CNI_ARGS: "NONSENSE=1;K8S_POD_NAME=a" };
    const chain = await prepareChain(lab, cniVersion, ["millrace"], { env });
    const { calls } = await chain.cnitool.call("add", chain.list);
    expect(JSON.parse(calls[0]?.stdout ?? "")).toMatchObject({
      code: 4,
      details: expect.stringContaining("NONSENSE=1"),
    });
    await expectNothingLeft(lab);
  },
);

/** MAC and IPS are what the pod has, CHECK agrees, and DEL gives them back. */
async function expectWishes(lab: Lab, chain: ChainedPod): Promise<void> {
  const { result } = chain.cnitool.record(chain.list) ?? { result: null };
  const pod = chainedPod(chain, result, lab);
  expect([pod.mac, pod.ip4, pod.ip6]).toEqual([MAC, ...IPS]);
  await mustReachGateway(pod);
  const { calls } = await chain.cnitool.call("check", chain.list);
  expect(calls[0]).toMatchObject({ plugin: "millrace", stdout: "", exitCode: 0 });
  await chain.call("del");
  await expectNothingLeft(lab);
}
