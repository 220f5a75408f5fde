import { dpdkL3fwd } from "./dpdk-l3fwd.ts";
import { dpdkTestpmd, dpdkTestpmdAfPacket } from "./dpdk-testpmd.ts";
import { grout } from "./grout.ts";
import { kernelBridge } from "./kernel-bridge.ts";
import { kernelRoute } from "./kernel-route.ts";
import { kernelVxlan, kernelVxlanBridge } from "./kernel-vxlan.ts";
import type { DutKind } from "./kind.ts";
import { millrace, millraceLane, millraceLive, millraceTc } from "./millrace.ts";
import { none } from "./none.ts";
import { openVswitch } from "./openvswitch.ts";
import { xdpForward } from "./xdp-forward.ts";
import { xdpRedirect } from "./xdp-redirect.ts";

/** All devices that can be measured, ours first. */
export const duts: readonly DutKind[] = [
  millrace,
  millraceLane,
  millraceLive,
  millraceTc,
  kernelRoute,
  kernelBridge,
  kernelVxlan,
  kernelVxlanBridge,
  xdpForward,
  xdpRedirect,
  dpdkL3fwd,
  dpdkTestpmd,
  dpdkTestpmdAfPacket,
  openVswitch,
  grout,
  none,
];
