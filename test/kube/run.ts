// Runs test/kube, after it has built what a cluster consists of: npm run test:kube [-- PART OF A PATH ...]
import { summarise } from "../../src/setup/results.ts";
import { runSuite, vitest } from "../../src/setup/suites.ts";
import { whatEtcdLacks } from "../fixtures/kube-etcd.ts";
import { whatIsMissing } from "../fixtures/needs.ts";
import { GO_RECIPES, type GoToolName } from "../harness/go-recipes.ts";
import { goTool } from "../harness/go-tools.ts";
import { lacksPlugin } from "../harness/reference-plugins.ts";

const TOOLS = [
  ...["kube-apiserver", "kube-scheduler", "kubelet", "multus-daemon", "multus-shim"],
  ...["containerd", "containerd-shim-runc-v2", "ctr"],
] as const satisfies GoToolName[];

/** Why no cluster can be run here, in words; "" when one can. Builds what can be built. */
async function prepare(): Promise<string> {
  const lacks = whatIsMissing(["root", "afXdp", "bridge", "python", "runc"]) || whatEtcdLacks();
  if (lacks !== "") return lacks;
  const lacksBridge = lacksPlugin("bridge");
  if (lacksBridge !== "") return lacksBridge;
  for (const name of TOOLS) {
    const { version } = GO_RECIPES[name];
    const tool = await goTool(name, () => {
      console.log(`  building ${name} ${version}, once; all of them take half an hour ...`);
    });
    if (tool.lacks !== "") return tool.lacks;
  }
  return "";
}

async function main(): Promise<void> {
  let interrupted = false;
  // The suite gets the signal too and cleans up; we stay for the summary.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      interrupted = true;
    });
  }
  const lacks = await prepare();
  if (lacks !== "") return console.log(`\nskipped, all of it: ${lacks}`);
  const { outcome, seconds } = await runSuite(
    vitest("kube", process.argv.slice(2), { MILLRACE_KUBE: "1" }),
  );
  process.exitCode = summarise([{ suite: "kube", outcome, seconds }], interrupted) ? 0 : 1;
}

main()
  .catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 2;
  })
  // Interrupted while it waits for another build, it would go on waiting.
  .finally(() => process.exit());
