import { readFileSync, writeFileSync } from "node:fs";
import { readResult } from "../report/read.ts";
import { fillGuide } from "./guide.ts";
import { variants } from "./variants.ts";

const usage = "usage: node bench/tuning/write-guide.ts RESULT.json [GUIDE.md]";
const usualGuide = new URL("../../docs/tuning.md", import.meta.url).pathname;

const [resultPath, guidePath = usualGuide, ...more] = process.argv.slice(2);
try {
  if (resultPath === undefined || more.length > 0) throw new Error(usage);
  const result = await readResult(resultPath);
  if (result.method !== "tune") {
    throw new Error(`${resultPath}: method: "${result.method}"; expected what bench tune wrote`);
  }
  writeFileSync(guidePath, fillGuide(readFileSync(guidePath, "utf8"), result, variants));
} catch (error) {
  process.stderr.write(`write-guide: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
