import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { whatIsMissing } from "../../fixtures/needs.ts";
import { waitFor } from "../../fixtures/wait.ts";
import { goTool } from "../go-tools.ts";
import type { Namespace } from "../namespace.ts";
import { atOurPace } from "../pace.ts";
import { CNI_EXECUTABLE, REFERENCE_PLUGINS } from "../paths.ts";
import type { Scope } from "../scope.ts";
import { type Box, type BoxProcess, openBox } from "./box.ts";
import { removeCgroups } from "./cgroups.ts";
import { type CriClient, openCriClient } from "./client.ts";
import { type ContainerdPaths, containerdConfig, PAUSE_IMAGE, pathsIn } from "./config.ts";
import { buildInit, writeImage } from "./image.ts";
import { unmountBelow } from "./mounts.ts";

export interface Containerd {
  paths: ContainerdPaths;
  cri: CriClient;
  /** For the pods' cgroups: `linux.cgroup_parent` of a sandbox, `cgroupRoot` of a kubelet. */
  cgroup: string;
  log(): string;
  /** SIGKILL; sandboxes live on. */
  kill(): Promise<void>;
  /** Starts it again, and waits until it serves CRI. */
  start(): Promise<void>;
}

export interface ContainerdOptions {
  /** What the node of the pods is: CNI plugins are executed in it. */
  node: Namespace;
  /** Tells those of one scope apart. */
  name?: string;
  /** Contents of its CNI configuration directory by file name; more can be written later. */
  conflists?: Record<string, unknown>;
}

const START_LIMIT_MS = atOurPace(20_000);
const NAMESPACE = ["--namespace", "k8s.io"];

/** Why this machine cannot run containerd; "" when it can. */
export async function whatContainerdLacks(): Promise<string> {
  for (const name of ["containerd", "containerd-shim-runc-v2", "ctr"] as const) {
    const { lacks } = await goTool(name);
    if (lacks !== "") return lacks;
  }
  return whatIsMissing(["runc"]);
}

/**
 * Starts a containerd for a node, with network configurations in its CNI directory and our plugin
 * beside Debian's. It ends with the scope, and with it all sandboxes and shims.
 *
 * Start it before the agent: what was started earlier does not see the network namespaces of the
 * sandboxes, unless all mounts of the machine are shared.
 * @throws Error with its log when it does not get ready
 */
export async function startContainerd(
  scope: Scope,
  { node, name = "containerd", conflists = {} }: ContainerdOptions,
): Promise<Containerd> {
  const paths = await prepare(join(scope.dir, name), conflists);
  const cgroup = scope.name(name);
  scope.cleanup.defer(() => unmountBelow(paths.dir));
  scope.cleanup.defer(() => removeCgroups(cgroup));
  const init = await buildInit(paths.dir);
  const box = await openBox(scope, node, { init, shared: paths.sandboxNetns });
  const cri = openCriClient(scope, paths.socket);
  const containerd: Containerd = {
    ...{ paths, cri, cgroup: `/${cgroup}` },
    log: () => readFileSync(paths.log, "utf8"),
    ...processOf(scope, paths, box, cri),
  };
  await containerd.start();
  await importPause(paths, box, init);
  return containerd;
}

/** Makes the one image known that sandboxes need. @param init static executable, its only program */
async function importPause(
  { dir, socket }: ContainerdPaths,
  box: Box,
  init: string,
): Promise<void> {
  const file = join(dir, "pause.tar");
  writeImage(file, PAUSE_IMAGE, init);
  const { path } = await goTool("ctr");
  await box.must(path, ["--address", socket, ...NAMESPACE, "images", "import", file]);
}

async function prepare(dir: string, conflists: Record<string, unknown>): Promise<ContainerdPaths> {
  const paths = pathsIn(dir);
  const { cniBin, cniConf, programs, sandboxNetns } = paths;
  for (const dir of [cniBin, cniConf, programs, sandboxNetns]) mkdirSync(dir, { recursive: true });
  const plugins = existsSync(REFERENCE_PLUGINS) ? readdirSync(REFERENCE_PLUGINS) : [];
  for (const name of plugins) symlinkSync(join(REFERENCE_PLUGINS, name), join(cniBin, name));
  symlinkSync(CNI_EXECUTABLE, join(cniBin, "millrace"));
  const shim = await goTool("containerd-shim-runc-v2");
  symlinkSync(shim.path, join(programs, "containerd-shim-runc-v2"));
  for (const [name, conflist] of Object.entries(conflists)) {
    writeFileSync(join(cniConf, name), JSON.stringify(conflist));
  }
  writeFileSync(paths.config, containerdConfig(paths));
  return paths;
}

function processOf(
  scope: Scope,
  { config, programs, log }: ContainerdPaths,
  box: Box,
  cri: CriClient,
): Pick<Containerd, "start" | "kill"> {
  let running: BoxProcess | undefined;
  return {
    kill: async () => running?.end("SIGKILL"),
    async start() {
      const { path } = await goTool("containerd");
      const PATH = `${programs}:${process.env["PATH"]}`;
      const started = box.start([path, "--config", config], log, { PATH });
      running = started;
      const isReady = async () => {
        scope.signal.throwIfAborted();
        if (!started.running()) throw new Error(`containerd ended: ${readFileSync(log, "utf8")}`);
        const conditions = await cri.conditions().catch(() => null);
        return conditions?.get("RuntimeReady")?.status ?? false;
      };
      await waitFor("containerd serving CRI", isReady, Boolean, START_LIMIT_MS);
    },
  };
}
