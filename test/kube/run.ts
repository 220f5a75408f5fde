// Runs test/kube, after it has built what a cluster consists of: npm run test:kube [-- PART OF A PATH ...]
import { accessSync, constants, existsSync } from "node:fs";
import { resolve } from "node:path";
import { countVitest, summarise } from "../../src/setup/results.ts";
import { root } from "../../src/setup/run.mjs";
import { runSuite, type Suite } from "../../src/setup/suites.ts";
import { whatEtcdLacks } from "../fixtures/kube-etcd.ts";
import { whatIsMissing } from "../fixtures/needs.ts";
import { GO_RECIPES, type GoToolName } from "../harness/go-recipes.ts";
import { buildGoTool, namedTool, storedPath } from "../harness/go-tools.ts";

const TOOLS = [
  ...["kube-apiserver", "kube-scheduler", "kubelet", "multus-daemon", "multus-shim"],
  ...["containerd", "containerd-shim-runc-v2", "ctr"],
] as const satisfies GoToolName[];
/** Programs of Debian packages. */
const PROGRAMS = {
  "/usr/sbin/runc": "runc",
  "/usr/lib/cni/bridge": "containernetworking-plugins",
};

/** Why no cluster can be run here, in words; "" when one can. Builds what can be built. */
async function prepare(): Promise<string> {
  const lacks = whatIsMissing(["root", "afXdp", "bridge", "python"]) || whatEtcdLacks();
  if (lacks !== "") return lacks;
  for (const [path, name] of Object.entries(PROGRAMS)) {
    if (!isExecutable(path)) return `needs ${path}: install the Debian package ${name}`;
  }
  for (const name of TOOLS) {
    const problem = await provide(name);
    if (problem !== "") return problem;
  }
  return "";
}

async function provide(name: GoToolName): Promise<string> {
  const { variable, version } = GO_RECIPES[name];
  const named = namedTool(name, variable);
  if (named !== null) return named.lacks;
  if (!existsSync(storedPath(name))) {
    console.log(`  building ${name} ${version}, once; all of them take half an hour ...`);
  }
  return await buildGoTool(name).then(
    () => "",
    (error: Error) => `needs ${name}, built by Go 1.25 or newer: ${error.message}`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function suite(filters: readonly string[]): Suite {
  const report = resolve(root, "build/test/kube.json");
  const args = [
    [resolve(root, "node_modules/vitest/vitest.mjs"), "run", "--project", "kube", ...filters],
    ["--reporter=verbose", "--reporter=json", `--outputFile.json=${report}`],
  ].flat();
  const env = { MILLRACE_KUBE: "1" };
  return { name: "kube", command: process.execPath, args, env, report, count: countVitest };
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
  const { outcome, seconds } = await runSuite(suite(process.argv.slice(2)));
  process.exitCode = summarise([{ suite: "kube", outcome, seconds }], interrupted) ? 0 : 1;
}

main()
  .catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 2;
  })
  // Interrupted while it waits for another build, it would go on waiting.
  .finally(() => process.exit());
