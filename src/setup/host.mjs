import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";

/** @typedef {"build" | "demo" | "test" | "vm" | "kube" | "bench"} Purpose */

/**
 * @typedef {object} Host
 * @property {string} platform
 * @property {string} node version of the Node that runs the set-up
 * @property {string} kernel
 * @property {boolean} afXdp the kernel was built with CONFIG_XDP_SOCKETS
 * @property {boolean} root
 * @property {bigint} capabilities effective set of this process
 */

/**
 * @typedef {object} Problem
 * @property {string} what
 * @property {string} remedy
 * @property {string} still what works all the same
 * @property {boolean} fatal the purpose cannot be reached
 */

const minimumNode = [18, 0];
/** SO_PREFER_BUSY_POLL, and BPF memory charged to the cgroup instead of RLIMIT_MEMLOCK. */
const minimumKernel = [5, 11];

/** Bits of linux/capability.h. CAP_SYS_ADMIN is for the network namespaces, not for BPF. */
const capabilities = { CAP_NET_ADMIN: 12n, CAP_NET_RAW: 13n, CAP_SYS_ADMIN: 21n };
const unprivileged = "building, and `npm test -- --only native,sanitize,unit`";

/**
 * What the set-up can learn about this machine without any package.
 * @returns {Host}
 */
export function readHost() {
  const status = readText("/proc/self/status");
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  return {
    platform: process.platform,
    node: process.versions.node,
    kernel: release(),
    afXdp: /^XDP\s/m.test(readText("/proc/net/protocols")),
    root: process.getuid?.() === 0,
    capabilities: BigInt(`0x${effective}`),
  };
}

/**
 * Everything about `host` that stands in the way of `purpose`, in words.
 * @param {Host} host
 * @param {Purpose} purpose
 * @returns {Problem[]}
 */
export function judgeHost(host, purpose) {
  if (host.platform !== "linux") return [notLinux(host)];
  // Tests skip and benches leave out what cannot be had; the demo is the packets themselves.
  const fatal = purpose === "demo";
  const missing = Object.entries(capabilities).filter(([, bit]) => !hasBit(host.capabilities, bit));
  const problems = atLeast(host.node, minimumNode) ? [] : [oldNode(host)];
  // A guest has a kernel of its own and is root there.
  if (purpose === "vm") return problems;
  if (!atLeast(host.kernel, minimumKernel)) problems.push(oldKernel(host, fatal));
  if (!host.afXdp) problems.push(noAfXdp(fatal));
  if (missing.length > 0 && purpose !== "build") {
    problems.push(noPrivilege(host, missing.map(([name]) => name).join(", "), fatal));
  }
  return problems;
}

/**
 * Compares the first two numbers of a dotted version.
 * @param {string} version
 * @param {number[]} minimum [major, minor]
 */
export function atLeast(version, [major = 0, minor = 0]) {
  const [haveMajor = 0, haveMinor = 0] = version.split(/[.-]/).map(Number);
  return haveMajor > major || (haveMajor === major && haveMinor >= minor);
}

/**
 * @param {bigint} set
 * @param {bigint} bit
 */
function hasBit(set, bit) {
  return ((set >> bit) & 1n) === 1n;
}

/** @param {string} path */
function readText(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/**
 * @param {Host} host
 * @returns {Problem}
 */
function notLinux(host) {
  return {
    what: `Millrace forwards with AF_XDP, which only Linux has; this is ${host.platform}`,
    remedy: "use a Debian 12 machine or virtual machine",
    still: "nothing here",
    fatal: true,
  };
}

/**
 * @param {Host} host
 * @returns {Problem}
 */
function oldNode(host) {
  return {
    what: `the set-up needs Node >= ${minimumNode[0]} to start; this is ${host.node}`,
    remedy: "apt-get install nodejs npm",
    still: "nothing here",
    fatal: true,
  };
}

/**
 * @param {Host} host
 * @param {boolean} fatal
 * @returns {Problem}
 */
function oldKernel(host, fatal) {
  return {
    what: `the datapath needs Linux >= ${minimumKernel.join(".")}; this is ${host.kernel}`,
    remedy: "boot a newer kernel (Debian 12 has 6.1)",
    still: unprivileged,
    fatal,
  };
}

/**
 * @param {boolean} fatal
 * @returns {Problem}
 */
function noAfXdp(fatal) {
  return {
    what: "this kernel has no AF_XDP sockets (XDP is not listed in /proc/net/protocols)",
    remedy: "boot a kernel built with CONFIG_XDP_SOCKETS=y; Debian's are",
    still: unprivileged,
    fatal,
  };
}

/**
 * @param {Host} host
 * @param {string} names
 * @param {boolean} fatal
 * @returns {Problem}
 */
function noPrivilege(host, names, fatal) {
  return {
    what: `${host.root ? "root here" : "this user"} lacks ${names}, needed for AF_XDP and network namespaces`,
    remedy: host.root
      ? "start the container with --privileged, or use a virtual machine"
      : "run it as root (sudo)",
    still: unprivileged,
    fatal,
  };
}
