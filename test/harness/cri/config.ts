import { join } from "node:path";

/** Where the parts of a containerd lie. */
export interface ContainerdPaths {
  /** Everything is in it. */
  dir: string;
  root: string;
  state: string;
  /** Where it mounts the network namespaces of sandboxes; CNI_NETNS is below. */
  sandboxNetns: string;
  socket: string;
  /** Configuration file of containerd itself. */
  config: string;
  /** State of runc. */
  runc: string;
  cniConf: string;
  cniBin: string;
  /** Programs that containerd executes by their name. */
  programs: string;
  log: string;
}

export function pathsIn(dir: string): ContainerdPaths {
  const state = join(dir, "state");
  return {
    ...{ dir, state, root: join(dir, "root"), runc: join(dir, "runc") },
    sandboxNetns: join(state, "io.containerd.grpc.v1.cri/netns"),
    ...{ socket: join(dir, "containerd.sock"), config: join(dir, "config.toml") },
    ...{ cniConf: join(dir, "cni-conf"), cniBin: join(dir, "cni-bin") },
    ...{ programs: join(dir, "bin"), log: join(dir, "containerd.log") },
  };
}

/** For the sandbox of every pod; imported, since there is no registry. */
export const PAUSE_IMAGE = "millrace.test/pause:1";

/** Parts that no test uses, and that would look for programs or devices of the machine. */
const DISABLED = [
  ["btrfs", "zfs", "devmapper", "blockfile", "erofs"].map(
    (name) => `io.containerd.snapshotter.v1.${name}`,
  ),
  ["io.containerd.nri.v1.nri", "io.containerd.internal.v1.tracing"],
].flat();

/** containerd's configuration, version 3, which containerd 2.0 and later read. */
export function containerdConfig(paths: ContainerdPaths): string {
  const runtime = "plugins.'io.containerd.cri.v1.runtime'";
  return `version = 3
root = '${paths.root}'
state = '${paths.state}'
disabled_plugins = ${JSON.stringify(DISABLED)}

[debug]
level = 'warn'

[grpc]
address = '${paths.socket}'

[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = '${PAUSE_IMAGE}'

[${runtime}]
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true

[${runtime}.cni]
bin_dirs = ['${paths.cniBin}']
conf_dir = '${paths.cniConf}'
use_internal_loopback = true

[${runtime}.containerd.runtimes.runc.options]
BinaryName = 'runc'
Root = '${paths.runc}'
`;
}
