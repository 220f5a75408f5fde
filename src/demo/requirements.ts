import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ADDON, CNI_EXECUTABLE } from "../../test/harness/paths.ts";
import { errorLine } from "../cli/errors.ts";
import { loadNative } from "../dataplane/native.ts";

/** Something the demo needs and this machine does not have. */
export interface Missing {
  what: string;
  remedy: string;
  /** What works without it. */
  still: string;
  /** Nothing can be shown at all. */
  fatal: boolean;
}

const UNPRIVILEGED = 'building, and "npm test" for all that needs no privilege';

/** Programs the demo runs, with the Debian package of each. */
const PROGRAMS: readonly [program: string, debian: string, still: string, fatal: boolean][] = [
  ["ip", "iproute2", UNPRIVILEGED, true],
  ["setpriv", "util-linux", UNPRIVILEGED, true],
  ["ping", "iputils-ping", "everything but the pings", false],
  ["tcpdump", "tcpdump", "everything but the capture between the nodes", false],
  ["tshark", "tshark", "everything; tcpdump decodes the capture instead", false],
  ["iperf3", "iperf3", "everything but the TCP and UDP streams", false],
];

/** What stands in the way of the demo on this machine, in words; [] when nothing does. */
export function findMissing(): Missing[] {
  return [...missingPrivilege(), ...missingPrograms(), ...missingBuild()];
}

function missingPrivilege(): Missing[] {
  if (process.getuid?.() === 0) return [];
  const what = "the demo makes network namespaces and AF_XDP sockets, which only root may";
  return [{ what, remedy: "run it as root", still: UNPRIVILEGED, fatal: true }];
}

function missingPrograms(): Missing[] {
  return PROGRAMS.filter(([program]) => !inPath(program)).map(
    ([program, debian, still, fatal]) => ({
      what: `${program} is not installed`,
      remedy: `apt-get install ${debian}`,
      still,
      fatal,
    }),
  );
}

function missingBuild(): Missing[] {
  const remedy = "npm run build";
  const absent = [ADDON, CNI_EXECUTABLE].find((path) => !existsSync(path));
  if (absent !== undefined) {
    return [{ what: `${absent} has not been built`, remedy, still: "nothing here", fatal: true }];
  }
  // Without privilege the probe would only say the same in other words.
  if (missingPrivilege().length > 0) return [];
  try {
    const { ok, reason } = loadNative().probeHost().afXdp;
    if (ok) return [];
    const what = `AF_XDP sockets cannot be opened: ${reason}`;
    const boot = "run as root on a kernel with CONFIG_XDP_SOCKETS; Debian's have it";
    return [{ what, remedy: boot, still: UNPRIVILEGED, fatal: true }];
  } catch (error) {
    return [{ what: errorLine(error), remedy, still: "nothing here", fatal: true }];
  }
}

function inPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
