import type { Fault } from "./checks.ts";
import type { Path } from "./read.ts";
import type { Config, FabricConfig } from "./schema.ts";
import { checkStaticNodes } from "./static-nodes-checks.ts";

type Etcd = Extract<FabricConfig, { driver: "etcd" }>;
type Evpn = Extract<FabricConfig, { driver: "evpn" }>;
type Kubernetes = Extract<FabricConfig, { driver: "kubernetes" }>;

/** What the keys of a fabric must have in common with one another and with the networks. */
export function checkFabric(config: Config, fault: Fault): void {
  const { fabric, networks } = config;
  if (fabric?.driver === "static") checkStaticNodes(fabric, config, ["fabric", "nodes"], fault);
  if (fabric?.driver === "etcd") checkEtcd(fabric, ["fabric"], fault);
  if (fabric?.driver === "kubernetes") checkKubernetes(fabric, networks, fault);
  if (fabric?.driver === "evpn") checkEvpn(fabric, ["fabric", "devices"], fault);
  checkPublished(config, fault);
}

/** These drivers tell of this node, and others refuse one without VTEP. */
function checkPublished({ fabric, vteps }: Config, fault: Fault): void {
  if (fabric?.driver !== "etcd" && fabric?.driver !== "kubernetes") return;
  if (vteps.length > 0) return;
  throw fault(["fabric", "driver"], {
    value: fabric.driver,
    reason: "there is no VTEP that other nodes could be told of",
    accepted: "this driver together with vteps, e.g. [{name: vtep0, underlay: NETWORK}]",
  });
}

function checkEvpn({ devices }: Evpn, path: Path, fault: Fault): void {
  if (devices.length === 0) throw fault(path, { value: [], accepted: "at least one VXLAN device" });
  const names = devices.map(({ vxlan }) => vxlan);
  names.forEach((value, i) => {
    if (names.indexOf(value) === i) return;
    throw fault([...path, i, "vxlan"], {
      value,
      reason: "named twice",
      accepted: "each device once",
    });
  });
}

function checkEtcd({ endpoints, tls }: Etcd, path: Path, fault: Fault): void {
  if (endpoints.length === 0) {
    throw fault([...path, "endpoints"], {
      value: [],
      accepted: "at least one member of the cluster",
    });
  }
  endpoints.forEach((url, i) => {
    const at = [...path, "endpoints", i];
    const port = Number(/:(\d+)$/.exec(url)?.[1]);
    if (port < 1 || port > 65535)
      throw fault(at, { value: url, accepted: "a port from 1 to 65535" });
    if (endpoints.indexOf(url) < i) {
      throw fault(at, { value: url, reason: "named twice", accepted: "each member once" });
    }
    const secure = url.startsWith("https:");
    if (tls && !secure) {
      throw fault(at, { value: url, reason: "tls is given too", accepted: "https:// with tls" });
    }
    if (secure !== endpoints[0]?.startsWith("https:")) {
      const reason = "another member is asked without TLS";
      throw fault(at, { value: url, reason, accepted: "https:// for all members or for none" });
    }
  });
  checkKeyPair(tls, [...path, "tls"], fault);
}

function checkKeyPair(tls: Etcd["tls"], path: Path, fault: Fault): void {
  if (!tls) return;
  const [missing, given] = tls.cert === undefined ? ["cert", "key"] : ["key", "cert"];
  if ((tls.cert === undefined) === (tls.key === undefined)) return;
  const reason = `missing, and ${given} is given`;
  throw fault([...path, missing as string], {
    value: undefined,
    reason,
    accepted: "cert and key, or neither",
  });
}

function checkKubernetes(
  { annotations, flannelBackendVni: vni }: Kubernetes,
  networks: Config["networks"],
  fault: Fault,
): void {
  if (annotations === "millrace") return;
  const at = ["fabric", "flannelBackendVni"];
  const same = networks.filter((one) => one.vni === vni);
  if (same.some(({ kind }) => kind === "routed")) return;
  const [network] = same;
  const reason = network
    ? `network ${network.name} with this VNI is bridged, and flannel routes`
    : "no network has this VNI";
  throw fault(at, {
    value: vni,
    reason,
    accepted: `the VNI of a routed network, or annotations: millrace instead of ${annotations}`,
  });
}
