import { fileURLToPath } from "node:url";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export const CLI = at("src/cli/main.mjs");
export const ADDON = at("build/Release/millrace.node");
export const CNI_EXECUTABLE = at("build/Release/millrace");
