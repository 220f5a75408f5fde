import { readFileSync } from "node:fs";

const packageJson = new URL("../../package.json", import.meta.url);

/** Of this agent, as package.json has it. */
export const VERSION: string = (
  JSON.parse(readFileSync(packageJson, "utf8")) as { version: string }
).version;
