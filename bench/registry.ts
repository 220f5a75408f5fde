import { attachMany } from "./cni/attach-many.ts";
import { attachTimes } from "./cni/attach-times.ts";
import { micro } from "./micro/group.ts";
import { pipeline } from "./pipeline/scenario.ts";
import type { Group } from "./row.ts";
import { forwarding } from "./traffic/forward.ts";

/** Everything that can be measured, in the order it runs. */
export const groups: readonly Group[] = [forwarding, pipeline, attachTimes, attachMany, micro];
