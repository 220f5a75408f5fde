import { expect } from "vitest";
import {
  type ChainedPod,
  chainedPod,
  lacksChain,
  NEIGHBOURS,
  type Neighbour,
  prepareChain,
} from "../fixtures/chain.ts";
import { expectNothingLeft } from "../fixtures/leaks.ts";
import { mustPing } from "../fixtures/ping.ts";
import type { CniOutput } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";

interface Chain {
  before: readonly Neighbour[];
  after: readonly Neighbour[];
}

// Whatever makes eth0 cannot stand before us in a list, which has one interface name: what can is a
// plugin that has another interface to look after.
const CHAINS: readonly Chain[] = [
  { before: [], after: ["bandwidth"] },
  { before: [], after: ["portmap"] },
  { before: [], after: ["tuning"] },
  { before: [], after: ["sbr"] },
  { before: [], after: ["firewall"] },
  { before: ["loopback"], after: [] },
  { before: ["loopback"], after: ["tuning"] },
  { before: ["loopback"], after: ["bandwidth", "tuning", "sbr", "firewall", "portmap"] },
];

/** The versions that every one of these plugins speaks, as of Debian 12. */
const VERSIONS = ["0.4.0", "1.0.0"];

const PORT = [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }];

for (const cniVersion of VERSIONS) {
  for (const { before, after } of CHAINS) {
    const names = [...before, "millrace", ...after] as const;
    const others = [...before, ...after];
    scenario(
      `${names.join(", ")}: ADD, CHECK and DEL of the chain work in version ${cniVersion}`,
      { lacks: () => lacksChain(...others) },
      async (lab) => {
        const env = { CAP_ARGS: JSON.stringify({ portMappings: PORT }) };
        const chain = await prepareChain(lab, cniVersion, names, { env });
        const result = await expectAdded(chain, names, cniVersion);
        const pod = chainedPod(chain, result, lab);
        for (const { show, says } of others.map((name) => NEIGHBOURS[name])) {
          expect(await show(lab, chain.namespace, pod)).toContain(says(pod));
        }
        // With sbr only packets that have the address already find a route.
        await mustPing(pod, pod.gateway4, { extra: ["-I", pod.ip4] });
        await expectChecked(chain, names, result);
        const { order } = await chain.call("del");
        expect(order).toEqual(names.toReversed());
        await expectNothingLeft(lab);
      },
    );
  }
}

/** Each plugin gets the result of the one before, in one version. Returns that of the last. */
async function expectAdded(
  chain: ChainedPod,
  names: readonly string[],
  version: string,
): Promise<CniOutput> {
  const { order, calls, stdout } = await chain.call("add");
  expect(order).toEqual(names);
  const results = calls.map((call) => plain(JSON.parse(call.stdout)));
  expect(results.map(({ cniVersion }) => cniVersion)).toEqual(names.map(() => version));
  const [first, ...rest] = calls.map(({ config }) => config.prevResult);
  expect([first, ...rest.map(plain)]).toEqual([undefined, ...results.slice(0, -1)]);
  const last = JSON.parse(stdout);
  expect(plain(last)).toEqual(results.at(-1));
  return last;
}

/** Without what libcni adds when it passes a result on: empty dns and empty versions. */
const plain = ({ cniVersion, interfaces, ips, routes = [] }: CniOutput) => ({
  ...{ cniVersion, interfaces, routes },
  ips: ips.map(({ version, ...ip }) => ip),
});

async function expectChecked(
  { cnitool, list }: ChainedPod,
  names: readonly string[],
  result: CniOutput,
): Promise<void> {
  const { calls } = await cnitool.call("check", list);
  for (const { config } of calls) expect(config.prevResult).toEqual(result);
  const failed = calls.filter(({ exitCode }) => exitCode !== 0);
  // That of Debian 12 looks for the rules of IPv4 among those of IPv6, too; it is the last one.
  const excused = failed.filter(({ stdout }) => stdout.includes("could not check ipv6 dnat"));
  expect(failed).toEqual(excused);
  expect(calls.map(({ plugin }) => plugin)).toEqual(names);
}
