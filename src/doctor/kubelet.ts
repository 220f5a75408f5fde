import { statSync } from "node:fs";
import { join } from "node:path";
import { type Finding, ok, warning } from "./finding.ts";
import { type DoctorHost, readText } from "./host.ts";
import { kernelAtLeast } from "./kernel.ts";

const CHECK = "kubelet";
/** docs/decisions/0019-kubelet-grpc.md: older ones send what HTTP/2 does not allow. */
const OLDEST_KUBELET = "1.26";
const OLDEST_WATCHER = "1.29";

/** Whether pools can be offered to the kubelet. Says nothing where nothing is to be offered. */
export function checkKubelet(host: DoctorHost): Finding[] {
  const pools = host.config.sriov.pools.filter(({ devicePlugin }) => devicePlugin);
  return pools.length === 0 ? [] : [directory(host), ...version(host)];
}

function directory({ root, config: { sriov } }: DoctorHost): Finding {
  const watched = sriov.registration === "watcher";
  const dir = join(root, sriov.kubeletDir, watched ? "plugins_registry" : "device-plugins");
  const path = watched ? dir : join(dir, "kubelet.sock");
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return ok(CHECK, `${path} is there`);
  const text = `${path} is not there: pods can ask for no VF`;
  const remedy = 'start the kubelet, or set "sriov.kubeletDir" to its --root-dir';
  return warning(CHECK, text, remedy);
}

/** The version of Debian's package, where it comes from one. */
function version({ root, config: { sriov } }: DoctorHost): Finding[] {
  const status = readText(root, "var/lib/dpkg/status") ?? "";
  const found = /^Package: kubelet\n(?:.+\n)*?Version: (?:\d+:)?(\d+\.\d+\S*)/m.exec(status)?.[1];
  if (found === undefined) return [];
  const oldest = sriov.registration === "watcher" ? OLDEST_WATCHER : OLDEST_KUBELET;
  if (kernelAtLeast(found, oldest)) return [ok(CHECK, `version ${found}`)];
  const text = `version ${found} is too old for the pools of the configuration`;
  return [warning(CHECK, text, `run kubelet ${oldest} or newer`)];
}
