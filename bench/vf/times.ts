import type { CallTimes } from "../cni/call-rows.ts";

/** What pods ask of their VF. */
export const SCENARIOS: Record<string, Record<string, unknown>> = {
  "vf-add": {},
  "vf-add-keys": { vlan: 100, mac: "02:00:00:00:00:77", trust: "on", spoofchk: "off" },
};

/** What the guest writes. */
export interface Measured {
  times: VfTimes[];
  /** Milliseconds that a program takes which does nothing: part of every call. */
  starts: number[];
  /** Milliseconds that the kernel takes to move a VF to a pod and to take its link up. */
  kernel: number[];
}

/** The calls of one subject in one round. */
export interface VfTimes {
  scenario: string;
  subject: "sriov-cni" | "millrace";
  calls: CallTimes;
}
