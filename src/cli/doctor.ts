import type { Command } from "commander";
import type { Finding, FindingStatus } from "../doctor/finding.ts";
import { CNI_BIN_DIR, CNI_CONF_DIR } from "../install/cni-files.ts";
import { colors } from "../telemetry/colors.ts";
import { type ShowOptions, toJson, withShowOptions } from "./show.ts";

interface DoctorOptions extends ShowOptions {
  config?: string;
  confDir: string;
  binDir?: string[];
}

const PAINT: Record<FindingStatus, (text: string) => string> = {
  ok: colors.green,
  warning: colors.yellow,
  problem: colors.red,
};

const STATUS_WIDTH = "warning".length;

export function renderFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const indent = " ".repeat(STATUS_WIDTH + width + 4);
  const lines = findings.map(({ check, status, text, remedy }) => {
    const mark = PAINT[status](status.padEnd(STATUS_WIDTH));
    const head = `${mark}  ${check.padEnd(width)}  ${text}\n`;
    return remedy === undefined ? head : `${head}${indent}${colors.cyan("remedy:")} ${remedy}\n`;
  });
  return `${lines.join("")}\n${verdict(findings)}\n`;
}

export function addDoctorCommand(program: Command): void {
  const command = program
    .command("doctor")
    .description("look at kernel, links, limits and CNI set-up; exit status 1 on a problem")
    .option("--config <file>", "configuration to check against (default: the built-in defaults)")
    .option("--conf-dir <dir>", "CNI configuration directory of the runtime", CNI_CONF_DIR)
    .option(
      "--bin-dir <dir>",
      "directory of CNI executables; repeat it (default: CNI_PATH)",
      append,
    );
  withShowOptions(command).action(async (options: DoctorOptions) => {
    const { examine, thisHost } = await import("../doctor/run.ts");
    const { socket, config, confDir, binDir = binDirs(process.env["CNI_PATH"]) } = options;
    const findings = await examine(thisHost({ socket, config, confDir, binDirs: binDir }));
    process.stdout.write(options.json ? toJson(findings) : renderFindings(findings));
    if (findings.some(({ status }) => status === "problem")) process.exitCode = 1;
  });
}

const append = (dir: string, dirs: string[] = []): string[] => [...dirs, dir];

/** CNI_PATH is a list as PATH is one; unset or empty, where runtimes look by default. */
export function binDirs(path = ""): string[] {
  const dirs = path.split(":").filter((dir) => dir !== "");
  return dirs.length > 0 ? dirs : [CNI_BIN_DIR];
}

function verdict(findings: readonly Finding[]): string {
  const count = (wanted: FindingStatus) =>
    findings.filter(({ status }) => status === wanted).length;
  const [problems, warnings] = [count("problem"), count("warning")];
  if (problems > 0) return colors.red(`${problems} problem(s), ${warnings} warning(s)`);
  if (warnings > 0) return colors.yellow(`no problem, ${warnings} warning(s)`);
  return colors.green("all is well");
}
