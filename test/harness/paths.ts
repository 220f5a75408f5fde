import { fileURLToPath } from "node:url";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Guests have theirs in few files: cliForGuests. */
export const CLI = process.env["MILLRACE_CLI"] ?? at("src/cli/main.mjs");
export const ADDON = at("build/Release/millrace.node");
export const CNI_EXECUTABLE = at("build/Release/millrace");
/** Where Debian's containernetworking-plugins installs. */
export const REFERENCE_PLUGINS = "/usr/lib/cni";
