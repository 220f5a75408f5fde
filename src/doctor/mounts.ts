import { readText } from "./host.ts";

/** A line of /proc/mounts (proc_pid_mounts(5)). */
export interface Mount {
  at: string;
  type: string;
  options: string[];
}

/** What is mounted in our namespace, in order: later ones cover earlier ones. */
export function readMounts(proc: string): Mount[] {
  const lines = (readText(proc, "mounts") ?? "").split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const [, at = "", type = "", options = ""] = line.split(" ");
    return { at: withoutEscapes(at), type, options: options.split(",") };
  });
}

/** The mount that a real path is on; null when none can be seen. */
export function mountOf(proc: string, path: string): Mount | null {
  const below = ({ at }: Mount) => at === "/" || path === at || path.startsWith(`${at}/`);
  return readMounts(proc)
    .filter(below)
    .reduce<Mount | null>((best, mount) => {
      return best === null || mount.at.length >= best.at.length ? mount : best;
    }, null);
}

// White space and backslashes are octal there.
function withoutEscapes(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
