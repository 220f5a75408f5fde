import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { parseConfig } from "../config/load.ts";
import type { HostLink } from "../dataplane/native.ts";
import { CNI_BIN_DIR, CNI_CONF_DIR, CONFLIST_NAME } from "../install/cni-files.ts";
import type { DoctorHost, DoctorNative } from "./host.ts";

/** Below the root: a path with its text, or an object for a link or mode. */
export type Tree = Record<
  string,
  string | { link: string } | { text: string | Buffer; mode: number }
>;

/** Of the fixture's directories. */
export const CONF = CNI_CONF_DIR.slice(1);
export const BIN = CNI_BIN_DIR.slice(1);

const ROOT_STATUS = "CapEff:\t000001ffffffffff\n";

/** A machine on which all is well, as a tree of files that ends with the test. */
export function fixtureHost(tree: Tree = {}, yaml = ""): DoctorHost {
  const root = mkdtempSync(join(tmpdir(), "millrace-doctor-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const whole: Tree = {
    "proc/self/status": ROOT_STATUS,
    "proc/self/limits": "Max locked memory         8388608    8388608    bytes\n",
    "proc/sys/net/core/bpf_jit_enable": "1\n",
    "proc/sys/vm/nr_hugepages": "64\n",
    "proc/mounts": "bpf /sys/fs/bpf bpf rw,nosuid 0 0\n",
    "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": "64\n",
    [`${BIN}/millrace`]: executable(),
    [`${CONF}/${CONFLIST_NAME}`]: conflist("millrace"),
    ...tree,
  };
  for (const [path, content] of Object.entries(whole)) place(join(root, path), content);
  const at = (name: string) => join(root, name);
  return {
    root,
    sys: at("sys"),
    proc: at("proc"),
    confDir: at(CONF),
    binDirs: [at(BIN)],
    shippedExecutable: at("build/millrace"),
    native: fixtureNative(),
    nativeFailure: "",
    config: parseConfig(yaml, "test", { cpus: [0, 1, 2, 3] }),
    configNamed: yaml !== "",
    socket: at("none.sock"),
  };
}

export function fixtureNative(changes: Partial<DoctorNative> = {}): DoctorNative {
  return {
    probeHost: () => ({
      kernel: "6.18.1",
      libbpf: "1.1",
      afXdp: { ok: true, reason: "" },
      txMetadata: true,
      hugepagesFree: 64,
      memlockBytes: 8388608,
    }),
    listLinks: async () => [fixtureLink("lo", { mtu: 65536 }), fixtureLink("eth0")],
    netdevFeatures: async () => [],
    ...changes,
  };
}

export function fixtureLink(name: string, changes: Partial<HostLink> = {}): HostLink {
  const link = { ifindex: 2, alias: "", mac: "02:00:00:00:00:01", mtu: 1500, up: true };
  return { ...link, name, kind: "", xdpProgram: 0, ...changes };
}

export function conflist(...types: string[]): string {
  return JSON.stringify({
    cniVersion: "1.1.0",
    name: "pods",
    plugins: types.map((type) => ({ type })),
  });
}

/** The header of an ELF file that this machine executes, linked statically. */
export function executable(machine = process.arch === "arm64" ? 183 : 62) {
  const text = Buffer.alloc(64);
  text.write("\x7fELF\x02\x01\x01", "latin1");
  text.writeUInt16LE(machine, 18);
  return { text, mode: 0o755 };
}

function place(path: string, content: Tree[string]): void {
  mkdirSync(dirname(path), { recursive: true });
  if (typeof content === "string") writeFileSync(path, content);
  else if ("link" in content) symlinkSync(content.link, path);
  else writeFileSync(path, content.text, { mode: content.mode });
}
