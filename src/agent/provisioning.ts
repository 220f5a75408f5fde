import { OriginalFile } from "../../sriov/policy/original-file.ts";
import { provision } from "../../sriov/policy/provision.ts";
import type { Config } from "../config/schema.ts";
import { bootId } from "../store/boot-id.ts";
import type { Parts } from "./parts.ts";

/** VFs as the configuration declares them, before uplinks and pods come. */
export async function provisionVfs({ native, log }: Parts, config: Config): Promise<void> {
  const file = new OriginalFile(config.stateDir, bootId());
  await provision({ native, used: usedInterfaces(config) }, config.sriov.policies, file, log);
}

/** Interfaces that the node needs for itself, with what for. */
export function usedInterfaces({ networks }: Pick<Config, "networks">): Map<string, string> {
  const all = networks.flatMap(({ name, uplinks }) =>
    uplinks.map((uplink) => [uplink.interface, `network ${name} as uplink`] as const),
  );
  return new Map(all);
}
