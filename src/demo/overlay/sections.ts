import type { Section } from "../step.ts";
import { apartSection } from "./apart.ts";
import { overlayAttachSection } from "./attach.ts";
import { overlayDetachSection } from "./detach.ts";
import { pairsSection } from "./pairs.ts";
import { captureSection } from "./seen.ts";
import type { OverlayStage } from "./stage.ts";
import { traceSection } from "./trace.ts";

/** The second act: what is true of one node stays true of several. */
export const OVERLAY_SECTIONS: readonly Section<OverlayStage>[] = [
  overlayAttachSection,
  pairsSection,
  apartSection,
  traceSection,
  captureSection,
  overlayDetachSection,
];
