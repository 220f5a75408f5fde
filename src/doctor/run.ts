import { errorLine } from "../cli/errors.ts";
import { loadConfig, parseConfig } from "../config/load.ts";
import { loadNative } from "../dataplane/native.ts";
import { checkAgent } from "./agent.ts";
import { checkCniConfig } from "./cni-config.ts";
import { type Finding, problem } from "./finding.ts";
import type { DoctorHost } from "./host.ts";
import { checkKernel } from "./kernel.ts";
import { checkLimits } from "./limits.ts";
import { checkNetdevs } from "./netdevs.ts";
import { checkSriov } from "./sriov.ts";

type Check = (host: DoctorHost) => Finding[] | Promise<Finding[]>;

const CHECKS: readonly [name: string, check: Check][] = [
  ["kernel", checkKernel],
  ["limits", checkLimits],
  ["links", checkNetdevs],
  ["SR-IOV", checkSriov],
  ["CNI configuration", checkCniConfig],
  ["agent", checkAgent],
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

/**
 * The machine we run on.
 * @param socket of the agent
 * @param configFile what its configuration is; the defaults when undefined
 * @throws ConfigError
 */
export function thisHost(socket: string, configFile: string | undefined): DoctorHost {
  const config =
    configFile === undefined ? parseConfig("", "the defaults") : loadConfig(configFile);
  const host = { sys: "/sys", proc: "/proc", etc: "/etc", opt: "/opt", config, socket };
  try {
    return { ...host, native: loadNative(), nativeFailure: "" };
  } catch (error) {
    return { ...host, native: null, nativeFailure: errorLine(error) };
  }
}
