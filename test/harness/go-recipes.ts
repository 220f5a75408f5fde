import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { must as mustRun } from "./run.ts";

/** Runs a program in the module's directory to its end; rejects when it fails. */
type Must = (file: string, args: readonly string[]) => ReturnType<typeof mustRun>;

/** How a program is built from the Go module proxy, inside a module of our own. */
export interface GoRecipe {
  version: string;
  /** Environment variable that names a ready binary. */
  variable: string;
  /**
   * Whether a test may build it, which for flanneld takes 2 minutes of CPU time. kube-apiserver takes
   * 8, so that is built by hand: `node test/harness/build-go-tools.ts`.
   */
  onDemand: boolean;
  /** Prepares the module, whose go.mod exists. Returns arguments of `go build`. */
  prepare(dir: string, must: Must): Promise<string[]>;
}

const FLANNEL = "github.com/flannel-io/flannel";
const KUBERNETES = "k8s.io/kubernetes";

export const GO_RECIPES = {
  flanneld: {
    version: "0.28.9",
    variable: "FLANNELD",
    onDemand: true,
    prepare: prepareFlanneld,
  },
  "kube-apiserver": {
    version: "1.34.1",
    variable: "KUBE_APISERVER",
    onDemand: false,
    prepare: prepareApiserver,
  },
} satisfies Record<string, GoRecipe>;

export type GoToolName = keyof typeof GO_RECIPES;

/**
 * flanneld's own main, without two backends that no test of ours uses: the one needs a module that
 * not every proxy has, the other a C compiler.
 */
async function prepareFlanneld(dir: string, must: Must): Promise<string[]> {
  const { version } = GO_RECIPES.flanneld;
  await must("go", ["mod", "edit", `-require=${FLANNEL}@v${version}`]);
  const { Dir } = await download(`${FLANNEL}@v${version}`, must);
  const main = readFileSync(join(Dir, "main.go"), "utf8").split("\n");
  const kept = main.filter((line) => !/pkg\/backend\/(tencentvpc|udp)"/.test(line));
  writeFileSync(join(dir, "main.go"), kept.join("\n"));
  return ["-ldflags", `-s -w -X ${FLANNEL}/pkg/version.Version=v${version}`, "."];
}

/** Its go.mod replaces k8s.io/* by directories that modules do not carry; they are published too. */
async function prepareApiserver(_dir: string, must: Must): Promise<string[]> {
  const { version } = GO_RECIPES["kube-apiserver"];
  await must("go", ["mod", "edit", `-require=${KUBERNETES}@v${version}`]);
  const { GoMod } = await download(`${KUBERNETES}@v${version}`, must);
  const staged = /^\s*(?:replace )?(k8s\.io\/\S+) => \.\/staging\//gm;
  const published = version.replace(/^1/, "0");
  const edits = [...readFileSync(GoMod, "utf8").matchAll(staged)].flatMap(([, module]) => [
    `-require=${module}@v${published}`,
    `-replace=${module}=${module}@v${published}`,
  ]);
  await must("go", ["mod", "edit", ...edits]);
  const stamp = (path: string) => `-X ${path}.gitVersion=v${version}`;
  const stamps = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].map(stamp);
  return ["-ldflags", ["-s -w", ...stamps].join(" "), `${KUBERNETES}/cmd/kube-apiserver`];
}

async function download(module: string, must: Must): Promise<{ Dir: string; GoMod: string }> {
  return JSON.parse(await must("go", ["mod", "download", "-json", module]));
}
