import { fileURLToPath } from "node:url";
import { errorLine } from "../cli/errors.ts";
import { loadConfig, parseConfig } from "../config/load.ts";
import { loadNative } from "../dataplane/native.ts";
import { checkAgent } from "./agent.ts";
import { checkCapabilities } from "./capabilities.ts";
import { checkCniConfig } from "./cni-config.ts";
import { checkContainerd } from "./containerd.ts";
import { checkExecutables } from "./executables.ts";
import { checkFastLanes } from "./fast-lanes.ts";
import { type Finding, problem } from "./finding.ts";
import type { DoctorHost } from "./host.ts";
import { checkIommu } from "./iommu.ts";
import { checkKernel } from "./kernel.ts";
import { checkKubelet } from "./kubelet.ts";
import { checkLimits } from "./limits.ts";
import { checkMultus } from "./multus.ts";
import { checkNamespaces } from "./namespaces.ts";
import { checkNetdevs } from "./netdevs.ts";
import { checkOwnConf } from "./own-conf.ts";
import { checkSpool } from "./spool.ts";
import { checkSpoolConf } from "./spool-conf.ts";
import { checkSriov } from "./sriov.ts";
import { checkState } from "./state.ts";

type Check = (host: DoctorHost) => Finding[] | Promise<Finding[]>;

const CHECKS: readonly [name: string, check: Check][] = [
  ["kernel", checkKernel],
  ["fast lanes", checkFastLanes],
  ["limits", checkLimits],
  ["namespaces", checkNamespaces],
  ["links", checkNetdevs],
  ["SR-IOV", checkSriov],
  ["IOMMU", checkIommu],
  ["kubelet", checkKubelet],
  ["CNI configuration", checkCniConfig],
  ["network configuration", checkOwnConf],
  ["CNI capabilities", checkCapabilities],
  ["CNI executable", checkExecutables],
  ["containerd", checkContainerd],
  ["Multus", checkMultus],
  ["agent", checkAgent],
  ["state directory", checkState],
  ["spool", (host) => checkSpool(host)],
  ["spool", checkSpoolConf],
];

/** Looks at everything. A check that fails becomes a finding; the others still run. */
export async function examine(host: DoctorHost): Promise<Finding[]> {
  const findings = CHECKS.map(async ([name, check]) => {
    try {
      return await check(host);
    } catch (error) {
      const text = `could not be looked at: ${(error as Error).message}`;
      return [problem(name, text, "run this as root; if it stays, please report it")];
    }
  });
  return (await Promise.all(findings)).flat();
}

/** What of the machine the caller names. */
export interface WhereToLook {
  /** Of the agent. */
  socket: string;
  /** Configuration of the agent; the defaults when undefined. */
  config?: string | undefined;
  /** CNI configuration directory. */
  confDir: string;
  /** Directories of CNI executables, first one first. */
  binDirs: readonly string[];
}

const SHIPPED = new URL("../../build/Release/millrace", import.meta.url);

/**
 * The machine we run on.
 * @throws ConfigError
 */
export function thisHost({ socket, config: file, confDir, binDirs }: WhereToLook): DoctorHost {
  const config = file === undefined ? parseConfig("", "the defaults") : loadConfig(file);
  const places = { root: "/", sys: "/sys", proc: "/proc", confDir, binDirs };
  const shippedExecutable = fileURLToPath(SHIPPED);
  const host = { ...places, shippedExecutable, config, configNamed: file !== undefined, socket };
  try {
    return { ...host, native: loadNative(), nativeFailure: "" };
  } catch (error) {
    return { ...host, native: null, nativeFailure: errorLine(error) };
  }
}
