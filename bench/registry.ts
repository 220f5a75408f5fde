import { attachMany } from "./cni/attach-many.ts";
import { attachTimes } from "./cni/attach-times.ts";
import { stormTimes } from "./cni/storm.ts";
import { generators } from "./generators/scenario.ts";
import { lpm } from "./lpm/scenario.ts";
import { micro } from "./micro/group.ts";
import { nativeTables } from "./native/group.ts";
import { pipeline } from "./pipeline/scenario.ts";
import { routesAtStart } from "./routes/at-start.ts";
import { routeChanges } from "./routes/changes.ts";
import { routesUnderTraffic } from "./routes/under-traffic.ts";
import type { Group } from "./row.ts";
import { sandboxTimes } from "./sandbox/scenario.ts";
import { workersHandoff } from "./scale/handoff.ts";
import { ports250 } from "./scale/ports.ts";
import { tcpPairs } from "./tcp/scenario.ts";
import { tcpTcPairs } from "./tcp/tc-scenario.ts";
import { forwarding } from "./traffic/forward.ts";
import { vfAttachTimes } from "./vf/scenario.ts";
import { vxlan } from "./vxlan/scenario.ts";

/** Everything that can be measured, in the order it runs. */
export const groups: readonly Group[] = [
  forwarding,
  generators,
  pipeline,
  vxlan,
  ...tcpPairs,
  ...tcpTcPairs,
  workersHandoff,
  lpm,
  routesUnderTraffic,
  routesAtStart,
  routeChanges,
  ports250,
  attachTimes,
  sandboxTimes,
  vfAttachTimes,
  stormTimes,
  attachMany,
  micro,
  nativeTables,
];
