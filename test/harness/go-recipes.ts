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
const KUBERNETES_VERSION = "1.34.1";

export const GO_RECIPES = {
  flanneld: {
    version: "0.28.9",
    variable: "FLANNELD",
    onDemand: true,
    prepare: prepareFlanneld,
  },
  cnitool: {
    version: "1.3.0",
    variable: "CNITOOL",
    onDemand: true,
    prepare: program("github.com/containernetworking/cni", "1.3.0", "cnitool"),
  },
  "host-local": {
    version: "1.9.1",
    variable: "HOST_LOCAL",
    onDemand: true,
    prepare: program("github.com/containernetworking/plugins", "1.9.1", "plugins/ipam/host-local"),
  },
  helm: {
    version: "3.19.2",
    variable: "HELM",
    onDemand: false,
    prepare: program("helm.sh/helm/v3", "3.19.2", "cmd/helm"),
  },
  "kube-apiserver": ofKubernetes("kube-apiserver"),
  "kube-scheduler": ofKubernetes("kube-scheduler"),
  kubelet: ofKubernetes("kubelet"),
  containerd: ofContainerd("containerd"),
  "containerd-shim-runc-v2": ofContainerd("containerd-shim-runc-v2"),
  ctr: ofContainerd("ctr"),
  "multus-shim": ofMultus("multus-shim"),
  "multus-daemon": ofMultus("multus-daemon"),
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

/** One of the programs that a cluster consists of: together they take a quarter of an hour. */
function ofKubernetes(name: string): GoRecipe {
  const prepare = async (_dir: string, must: Must) => {
    await requireKubernetes(must);
    const stamp = (path: string) => `-X ${path}.gitVersion=v${KUBERNETES_VERSION}`;
    const stamps = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].map(stamp);
    return ["-ldflags", ["-s -w", ...stamps].join(" "), `${KUBERNETES}/cmd/${name}`];
  };
  return { version: KUBERNETES_VERSION, variable: variableOf(name), onDemand: false, prepare };
}

/** Its go.mod replaces k8s.io/* by directories that modules do not carry; they are published too. */
async function requireKubernetes(must: Must): Promise<void> {
  const module = `${KUBERNETES}@v${KUBERNETES_VERSION}`;
  await must("go", ["mod", "edit", `-require=${module}`]);
  const { GoMod } = await download(module, must);
  const staged = /^\s*(?:replace )?(k8s\.io\/\S+) => \.\/staging\//gm;
  const published = KUBERNETES_VERSION.replace(/^1/, "0");
  const edits = [...readFileSync(GoMod, "utf8").matchAll(staged)].flatMap(([, staging]) => [
    `-require=${staging}@v${published}`,
    `-replace=${staging}=${staging}@v${published}`,
  ]);
  await must("go", ["mod", "edit", ...edits]);
}

function ofContainerd(name: string): GoRecipe {
  const [module, version] = ["github.com/containerd/containerd/v2", "2.1.9"];
  const prepare = program(module, version, `cmd/${name}`);
  return { version, variable: variableOf(name), onDemand: false, prepare };
}

function ofMultus(name: string): GoRecipe {
  const [module, version] = ["gopkg.in/k8snetworkplumbingwg/multus-cni.v4", "4.3.0"];
  const prepare = program(module, version, `cmd/${name}`);
  return { version, variable: variableOf(name), onDemand: false, prepare };
}

function variableOf(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

/** A program of a module that replaces nothing. */
function program(module: string, version: string, path: string): GoRecipe["prepare"] {
  return async (_dir, must) => {
    await must("go", ["mod", "edit", `-require=${module}@v${version}`]);
    return ["-ldflags", "-s -w", `${module}/${path}`];
  };
}

async function download(module: string, must: Must): Promise<{ Dir: string; GoMod: string }> {
  return JSON.parse(await must("go", ["mod", "download", "-json", module]));
}
