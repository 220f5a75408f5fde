// Runs in a guest with igb PFs and times ADD and DEL of one VF by sriov-cni and by Millrace:
// in-guest.ts ROUNDS PAIRS FILE, which takes the times.
import { writeFileSync } from "node:fs";
import { addonVfs } from "../../src/agent/vf-host.ts";
import { HERE } from "../../sriov/vf/locate.ts";
import { createNamespace } from "../../test/harness/namespace.ts";
import { run } from "../../test/harness/run.ts";
import { openScope, type Scope } from "../../test/harness/scope.ts";
import { pfsOf } from "../../test/vm/fixtures/pci.ts";
import {
  IFNAME,
  sriovCniPlugin,
  startVfPlugin,
  type VfPlugin,
  type VfPod,
} from "../../test/vm/fixtures/vf-plugins.ts";
import { createVfs } from "../../test/vm/fixtures/vfs.ts";
import type { CallTimes } from "../cni/call-rows.ts";
import { type Measured, SCENARIOS, type VfTimes } from "./times.ts";

/** Before anything is timed: programs are read from the host, and the agent gets compiled. */
const WARM_UP = 5;

async function main([rounds = "1", pairs = "1", file = ""]: string[]): Promise<void> {
  await using scope = await openScope("bench", { catchSignals: true });
  const [pf = ""] = pfsOf("igb");
  const [vf = ""] = await createVfs(scope, pf, 1, { macs: ["52:54:0a:00:00:01"] });
  const plugins = [await startVfPlugin(scope), sriovCniPlugin()];
  const pod = { pod: await createNamespace(scope, "pod"), vf };
  await runRound(scope, plugins, pod, WARM_UP);
  const measured: Measured = { times: [], starts: [], kernel: [] };
  for (let round = 0; round < Number(rounds); round++) {
    console.log(`round ${round + 1} of ${rounds}: ${pairs} attachments by each plugin`);
    const { times, starts, kernel } = await runRound(scope, plugins, pod, Number(pairs));
    measured.times.push(...times);
    measured.starts.push(...starts);
    measured.kernel.push(...kernel);
  }
  writeFileSync(file, JSON.stringify(measured));
}

async function runRound(
  scope: Scope,
  plugins: readonly VfPlugin[],
  pod: VfPod,
  pairs: number,
): Promise<Measured> {
  const starts: number[] = [];
  const kernel: number[] = [];
  const times: VfTimes[] = Object.keys(SCENARIOS).flatMap((scenario) =>
    plugins.map(({ name: subject }) => ({ scenario, subject, calls: { ADD: [], DEL: [] } })),
  );
  for (let pair = 0; pair < pairs; pair++) {
    starts.push((await run("/bin/true", [])).ms);
    kernel.push(await moveAndUp(pod));
    // Who comes first changes from pair to pair.
    const order = pair % 2 === 0 ? plugins : plugins.toReversed();
    for (const [scenario, keys] of Object.entries(SCENARIOS)) {
      for (const plugin of order) {
        scope.signal.throwIfAborted();
        const of = times.find((one) => one.scenario === scenario && one.subject === plugin.name);
        await comeAndGo(plugin, { ...pod, keys }, of?.calls);
      }
    }
  }
  return { times, starts, kernel };
}

/** What no plugin can do without: the netdev into the pod, and its link up. Milliseconds. */
async function moveAndUp({ pod, vf }: VfPod): Promise<number> {
  const netdev = await addonVfs.findNetdev(HERE, vf);
  if (netdev === null) throw new Error(`VF ${vf} has no netdev`);
  const started = performance.now();
  const ifindex = await addonVfs.moveNetdev(HERE, netdev.ifindex, pod.path, IFNAME);
  await addonVfs.setNetdev(pod.path, ifindex, { up: true });
  const ms = performance.now() - started;
  await addonVfs.moveNetdev(pod.path, ifindex, HERE, netdev.name);
  return ms;
}

async function comeAndGo(plugin: VfPlugin, pod: VfPod, calls?: CallTimes): Promise<void> {
  for (const verb of ["ADD", "DEL"] as const) {
    const { exitCode, ms, stdout, stderr } = await plugin.call(verb, pod);
    if (exitCode !== 0) throw new Error(`${plugin.name}: ${verb}: ${stdout || stderr}`);
    calls?.[verb].push(ms);
  }
}

await main(process.argv.slice(2));
