import { type Command, InvalidArgumentError, Option } from "commander";
import { DEFAULT_SOCKET } from "../api/client.ts";
import { CNI_BIN_DIR, CNI_CONF_DIR, CONFLIST_NAME } from "../install/cni-files.ts";
import type { RunInstallOptions, RunUninstallOptions } from "./run-install.ts";

export function addInstallCommands(program: Command): void {
  const install = program
    .command("install")
    .description("put the CNI executable and configuration in place; the configuration comes last");
  withDirs(install)
    .option("--shim <file>", "the executable to copy (default: the one that was built with this)")
    .option("--conf-name <name>", "of the configuration; the first one wins", CONFLIST_NAME)
    .option("--network <name>", "Millrace network of the pods", "pods")
    .option("--chain <types>", "plugins after ours, e.g. portmap,bandwidth", splitList, [])
    .option("--wait <seconds>", "how long the agent has to get ready", toSeconds, 0)
    .option("--no-conflist", "the executable alone, for nodes where only Multus calls it")
    .option("--force", "replace files that are not ours")
    .action(async (options: RunInstallOptions) => {
      const { runInstall } = await import("./run-install.ts");
      await runInstall(options);
    });
  const uninstall = program
    .command("uninstall")
    .description("remove what install has put there; refused while pods are attached");
  withDirs(uninstall)
    .option("--force", "although pods are attached or the agent does not answer")
    .action(async (options: RunUninstallOptions) => {
      const { runUninstall } = await import("./run-install.ts");
      await runUninstall(options);
    });
}

function withDirs(command: Command): Command {
  return command
    .option("--bin-dir <dir>", "where the runtime finds CNI executables", CNI_BIN_DIR)
    .option("--conf-dir <dir>", "where the runtime finds network configurations", CNI_CONF_DIR)
    .addOption(new Option("--socket <path>", "unix socket of the agent").default(DEFAULT_SOCKET));
}

const splitList = (value: string): string[] => value.split(",").filter((part) => part !== "");

function toSeconds(value: string): number {
  const seconds = Number(value);
  if (value.trim() !== "" && seconds >= 0 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError("accepted: 0 to 86400 seconds");
}
