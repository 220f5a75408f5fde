import { openRoutedOverlay } from "../fixtures/vxlan.ts";
import { kernelScenarios } from "../fixtures/vxlan-kernel.ts";
import { routedScenarios } from "../fixtures/vxlan-routed.ts";

kernelScenarios(4, openRoutedOverlay);
routedScenarios(4);
