/** @typedef {import("./host.mjs").Purpose} Purpose */

/** Stands for the release number of the installed (or offered) clang. */
const clangMajor = "{clang}";

const base = [
  ["clang", "bpftool", "libxdp-dev", "libbpf-dev", "libelf-dev", "zlib1g-dev"],
  ["libnl-3-dev", "libnl-route-3-dev", "linux-libc-dev"],
  ["g++", "cmake", "ninja-build", "make", "pkg-config"],
  ["xdp-tools", "iproute2", "iputils-ping", "iperf3", "ethtool"],
].flat();

/** On top of base. Plug-ins are the reference our attach times are compared with. */
const extra = {
  build: [],
  demo: ["tcpdump"],
  test: [
    ["libgtest-dev", "python3-scapy", "tcpdump", "containernetworking-plugins"],
    ["clang-format", "clang-tidy", `libclang-rt-${clangMajor}-dev`],
  ].flat(),
  vm: [],
  kube: ["containernetworking-plugins", "etcd-server", "runc", "python3"],
  bench: ["containernetworking-plugins"],
};

/**
 * What can be done without: a bench or a test of a missing peer is skipped, and the demo decodes
 * its capture by tcpdump.
 */
const optional = {
  build: [],
  demo: ["tshark"],
  test: [
    ["frr", "etcd-server", "etcd-client", "openssl", "openvswitch-switch", "faketime"],
    ["runc", "iptables", "valgrind", "chromium", "tshark"],
  ].flat(),
  vm: [],
  kube: [],
  bench: [
    ["dpdk", "dpdk-dev", "dpdk-doc", "openvswitch-switch", "runc"],
    ["libbenchmark-dev", "valgrind", "netsniff-ng"],
  ].flat(),
};

/**
 * Names of the Debian packages wanted for a purpose.
 * @param {Purpose} purpose
 * @returns {{ required: string[], optional: string[] }}
 */
export function wantedPackages(purpose) {
  return { required: [...base, ...extra[purpose]], optional: optional[purpose] };
}

/** Names of every package that some purpose wants. */
export function allPackages() {
  const names = [base, ...Object.values(extra), ...Object.values(optional)].flat();
  return [...new Set(names)];
}

/**
 * Puts clang's release number into the package name that carries it.
 * @param {string[]} names
 * @param {() => string} major asked only when a name needs it, e.g. "14"
 */
export function resolveNames(names, major) {
  return names.map((name) => name.replace(clangMajor, major));
}

/**
 * Release number in the description of Debian's `clang`: "Depends: clang-14 (>= 14~)" gives "14".
 * @param {string | null} text control fields; null when they could not be had
 * @returns {string | null}
 */
export function parseClangMajor(text) {
  return /^Depends:.*\bclang-(\d+)\b/m.exec(text ?? "")?.[1] ?? null;
}

/**
 * Installed packages and their versions, from `dpkg-query -W` in the format of `queryFormat`.
 * A package on hold counts; one that is only unpacked does not.
 * @param {string} output
 * @returns {Map<string, string>}
 */
export function parseInstalled(output) {
  const installed = new Map();
  for (const line of output.split("\n")) {
    const [name, status, version] = line.split("\t");
    if (name && /^[ih]i/.test(status ?? "")) installed.set(name, version ?? "");
  }
  return installed;
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
export const queryFormat = "${Package}\t${db:Status-Abbrev}\t${Version}\n";

/**
 * Names that are wanted and not installed, in the order wanted.
 * @param {string[]} wanted
 * @param {Map<string, string>} installed
 */
export function missingPackages(wanted, installed) {
  return wanted.filter((name) => !installed.has(name));
}
