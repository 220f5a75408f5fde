import type { Json } from "../../cni/decode.ts";
import { ipamTypeOf } from "../../cni/ipam/call.ts";
import { SHIM_NAME } from "../install/cni-files.ts";
import { type LoadedFile, loaded, readConfDir } from "./conf-dir.ts";
import { type Plugin, typesOf } from "./conf-file.ts";
import { type Finding, warning } from "./finding.ts";
import type { DoctorHost } from "./host.ts";
import { capabilitiesOf, completed, takesCapability } from "./own-conf.ts";

const CHECK = "CNI capabilities";

/** What the reference plugins (containernetworking/plugins 1.9) read of `runtimeConfig`. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
  bandwidth: ["bandwidth"],
  bridge: ["mac"],
  dhcp: [],
  firewall: [],
  "host-device": ["deviceID"],
  "host-local": ["ips", "ipRanges"],
  ipvlan: [],
  loopback: [],
  macvlan: ["mac"],
  portmap: ["portMappings"],
  ptp: [],
  sbr: [],
  static: ["ips"],
  tuning: ["mac"],
  vlan: [],
  vrf: [],
};

/** Plugins that do nothing unless the runtime tells them what, with the capability it needs. */
const NEEDS: Readonly<Record<string, { capability: string; unless: string; asks: string }>> = {
  portmap: { capability: "portMappings", unless: "", asks: "hostPort of pods" },
  bandwidth: {
    capability: "bandwidth",
    unless: "ingressRate",
    asks: "the annotations kubernetes.io/ingress-bandwidth and egress-bandwidth",
  },
};

/** Capabilities that are declared where no plugin has them, or missing where one needs them. */
export function checkCapabilities({ confDir }: DoctorHost): Finding[] {
  return loaded(readConfDir(confDir)).flatMap((file) =>
    file.list.plugins.flatMap((plugin) => [
      ...unheeded(file, plugin),
      ...refused(file, plugin),
      ...missing(file, plugin),
    ]),
  );
}

function unheeded({ path }: LoadedFile, plugin: Plugin): Finding[] {
  const taken = TAKES[plugin.type];
  if (taken === undefined) return [];
  const heeded = [...taken, ...byIpam(ipamTypeOf(plugin))];
  const idle = capabilitiesOf(plugin).filter((capability) => !heeded.includes(capability));
  if (idle.length === 0) return [];
  const text = `${path}: ${plugin.type} has no use for the capability ${idle.join(", ")}`;
  return [warning(CHECK, text, "move it to the plugin of the chain that has it, or remove it")];
}

// The plugin hands its whole configuration on to it.
function byIpam(type: string): readonly string[] {
  return TAKES[type] ?? (type === "" ? [] : ["ips"]);
}

function refused(file: LoadedFile, plugin: Plugin): Finding[] {
  if (plugin.type !== SHIM_NAME) return [];
  const conf = completed(file, plugin);
  const idle = capabilitiesOf(plugin).filter((capability) => !takesCapability(conf, capability));
  if (idle.length === 0) return [];
  const names = idle.join(", ");
  const text = `${file.path}: ${SHIM_NAME} refuses the capability ${names}: pods with it get no ADD`;
  const [first = ""] = idle;
  const doer = Object.keys(NEEDS).find((type) => NEEDS[type]?.capability === first);
  const chained = doer === undefined ? "" : `, and chain the plugin ${doer} with it behind ours`;
  return [warning(CHECK, text, `remove it from the plugin ${SHIM_NAME}${chained}`)];
}

function missing({ path, list }: LoadedFile, plugin: Plugin): Finding[] {
  const need = NEEDS[plugin.type];
  if (need === undefined || capabilitiesOf(plugin).includes(need.capability)) return [];
  if (need.unless !== "" && (plugin as Json)[need.unless] !== undefined) return [];
  const text = `${path}: ${plugin.type} lacks its capability, so it ignores ${need.asks}`;
  const entry = `"capabilities": {"${need.capability}": true}`;
  const chain = typesOf(list).join(", ");
  return [warning(CHECK, text, `add ${entry} to it in the chain ${chain}`)];
}
