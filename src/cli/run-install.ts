import { fileURLToPath } from "node:url";
import { NAME_ACCEPTED, NAME_PATTERN } from "../../cni/environment.ts";
import { CHAINABLE } from "../install/conflist.ts";
import { type Change, type InstallOptions, install } from "../install/install.ts";
import { uninstall } from "../install/uninstall.ts";

/** As commander names them. */
export interface RunUninstallOptions {
  binDir: string;
  confDir: string;
  socket: string;
  force?: boolean;
}

/** As commander names them. */
export interface RunInstallOptions extends RunUninstallOptions {
  shim?: string;
  confName: string;
  network: string;
  chain: string[];
  wait: number;
  /** False with --no-conflist. */
  conflist: boolean;
}

const BUILT_SHIM = fileURLToPath(new URL("../../build/Release/millrace", import.meta.url));
const CONF_NAME = /^[^/.][^/]*\.conflist$/;

/** @throws Error in words when an option is refused or a file cannot be put in place */
export async function runInstall(options: RunInstallOptions): Promise<void> {
  await install(toInstallOptions(options), print);
}

/** @throws Error in words when pods are attached or a file cannot be removed */
export async function runUninstall({ force = false, ...options }: RunUninstallOptions) {
  await uninstall({ ...options, force }, print);
}

/** @throws Error that names the option, its value and what is accepted */
export function toInstallOptions(options: RunInstallOptions): InstallOptions {
  const { binDir, confDir, network, chain, socket, wait } = options;
  check("--network", network, NAME_PATTERN.test(network), NAME_ACCEPTED);
  check("--conf-name", options.confName, CONF_NAME.test(options.confName), "a name.conflist");
  for (const type of chain) {
    check(
      "--chain",
      type,
      CHAINABLE.includes(type),
      `${CHAINABLE.join(", ")}, with commas between`,
    );
  }
  return {
    ...{ binDir, confDir, shim: options.shim ?? BUILT_SHIM, waitSeconds: wait },
    conflist: options.conflist ? { network, chain, socket, file: options.confName } : null,
    force: options.force ?? false,
  };
}

function check(option: string, value: string, accepted: boolean, what: string): void {
  if (accepted) return;
  throw new Error(`${option} ${JSON.stringify(value)}; accepted: ${what}`);
}

function print({ path, done }: Change): void {
  process.stdout.write(`${done.padEnd("unchanged".length)}  ${path}\n`);
}
