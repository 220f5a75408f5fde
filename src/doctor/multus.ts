import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Json } from "../../cni/decode.ts";
import { CNI_CONF_FILE } from "../install/cni-files.ts";
import { isOurs, type LoadedFile, loaded, readConfDir } from "./conf-dir.ts";
import { type Finding, ok, warning } from "./finding.ts";
import type { DoctorHost } from "./host.ts";
import { type MultusConf, multusConf, onNode } from "./multus-conf.ts";

const CHECK = "Multus";
const GENERATE = "restart the pod of Multus on this node, which generates the file again";

/** Where Multus looks for networks whose NetworkAttachmentDefinition has no `spec.config`. */
export const multusConfDir = ({ root }: DoctorHost): string => join(root, "etc/cni/multus/net.d");

/** What can be seen of Multus on the disk: what it delegates to, and whether it is ready. */
export function checkMultus(host: DoctorHost): Finding[] {
  const files = loaded(readConfDir(host.confDir));
  const [first] = files;
  const confs = files.map(multusConf).filter((conf) => conf !== null);
  return [
    ...confs.flatMap((conf) => {
      const findings = [
        ...notFirst(conf, first),
        ...masterGone(host, conf, files),
        ...staleCopy(conf, files),
        ...notReady(host, conf),
        ...daemonGone(host, conf),
      ];
      return findings.length > 0 ? findings : [ok(CHECK, describe(conf))];
    }),
    ...onDisk(host),
  ];
}

function describe({ file, clusterNetwork, delegates }: MultusConf): string {
  const named = basename(clusterNetwork) || String(delegates[0]?.["name"] ?? "");
  return `${file.path} gives every pod ${named || "a network of the cluster"}`;
}

function notFirst({ file }: MultusConf, first: LoadedFile | undefined): Finding[] {
  if (first === undefined || first === file) return [];
  const text = `${file.path} is shadowed by ${first.name}: annotations of pods are not looked at`;
  return [warning(CHECK, text, `rename ${first.name} so that it sorts behind ${file.name}`)];
}

/** The file it names is looked for by its name: the rest of the path is that of its container. */
function masterGone(
  { confDir }: DoctorHost,
  { file, clusterNetwork, delegates }: MultusConf,
  files: readonly LoadedFile[],
): Finding[] {
  if (clusterNetwork === "" && delegates.length === 0) {
    const text = `${file.path} has neither "clusterNetwork" nor "delegates": pods get no network`;
    return [warning(CHECK, text, GENERATE)];
  }
  // A name without a directory may also be that of a NetworkAttachmentDefinition.
  if (!CNI_CONF_FILE.test(clusterNetwork)) return [];
  const master = basename(clusterNetwork);
  if (basename(dirname(clusterNetwork)) !== basename(confDir)) return [];
  if (files.some(({ name }) => name === master)) return [];
  const text = `${file.path} delegates to ${master}, which is not there or broken: no pod starts`;
  return [warning(CHECK, text, `put ${master} there again, or ${GENERATE}`)];
}

/** Thin Multus has a copy of the file that it was generated from. */
function staleCopy({ file, delegates }: MultusConf, files: readonly LoadedFile[]): Finding[] {
  const [copy] = delegates;
  if (copy === undefined || typeof copy["name"] !== "string") return [];
  const name = copy["name"];
  const master = files.find((other) => other !== file && other.list.name === name);
  if (master === undefined) {
    const text = `${file.path} delegates to a copy of "${name}", of which no file is here any more`;
    return [warning(CHECK, text, GENERATE)];
  }
  const plugins = (conf: Json) => conf["plugins"] ?? [{ ...conf, name, cniVersion: "" }];
  const current = JSON.parse(readFileSync(master.path, "utf8")) as Json;
  if (isDeepStrictEqual(plugins(copy), plugins(current))) return [];
  const text = `${file.path} has an older copy of ${master.name}: its changes have no effect`;
  return [warning(CHECK, text, GENERATE)];
}

function notReady({ root }: DoctorHost, { file, raw }: MultusConf): Finding[] {
  const indicator = raw["readinessindicatorfile"];
  if (typeof indicator !== "string" || indicator === "") return [];
  const path = join(root, onNode(indicator));
  if (existsSync(path)) return [];
  const text = `${file.path} waits for ${path}, which is not there: every ADD waits with it`;
  return [warning(CHECK, text, "start what writes that file (the network of the cluster)")];
}

function daemonGone({ root }: DoctorHost, { file, raw, thick }: MultusConf): Finding[] {
  if (!thick) return [];
  const { daemonSocketDir } = raw as { daemonSocketDir?: unknown };
  const dir =
    typeof daemonSocketDir === "string" && daemonSocketDir ? daemonSocketDir : "/run/multus";
  const socket = join(root, onNode(dir), "multus.sock");
  if (existsSync(socket)) return [];
  const text = `${file.path} needs the daemon of Multus, whose socket ${socket} is not there`;
  return [warning(CHECK, text, "kubectl -n kube-system get pods -l app=multus -o wide")];
}

function onDisk(host: DoctorHost): Finding[] {
  const dir = readConfDir(multusConfDir(host));
  const broken = dir.files
    .filter(({ list }) => list === null)
    .map(({ path, reason }) =>
      warning(CHECK, `${path} is broken: ${reason}`, "repair or remove it"),
    );
  const names = loaded(dir)
    .filter(isOurs)
    .map(({ list }) => list.name);
  if (names.length === 0) return broken;
  const text = `${dir.dir} has networks of ours for definitions without spec.config: ${names.join(", ")}`;
  return [...broken, ok(CHECK, text)];
}
