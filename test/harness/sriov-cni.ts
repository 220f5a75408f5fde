import { resolve } from "node:path";
import { type GoTool, namedTool } from "./go-tools.ts";

const VARIABLE = "SRIOV_CNI";

/**
 * sriov-cni, the peer of mode vf. No test builds it: SRIOV_CNI names an executable, which guests must
 * be able to run too.
 */
export function sriovCni(): GoTool {
  const how = `name the executable of github.com/k8snetworkplumbingwg/sriov-cni in ${VARIABLE}`;
  return namedTool("sriov-cni", VARIABLE) ?? { path: "", lacks: `needs sriov-cni: ${how}` };
}

/** What tells a guest of it, for env(1): a guest sees the same files and no other variables. */
export function sriovCniForGuests(): string[] {
  const path = process.env[VARIABLE];
  return path === undefined ? [] : [`${VARIABLE}=${resolve(path)}`];
}
