import { openBridgedOverlay } from "../fixtures/vxlan.ts";
import { bridgedScenarios } from "../fixtures/vxlan-bridged.ts";
import { kernelScenarios } from "../fixtures/vxlan-kernel.ts";

kernelScenarios(4, openBridgedOverlay);
bridgedScenarios(4);
