import { Child } from "../lib/child.ts";
import { builtFile } from "../traffic/tools.ts";
import type { Endpoint } from "./types.ts";

/** Starts one of our programs where an interface is, with `--key value` for each option. */
export function startAt(
  { netns, ifname }: Endpoint,
  program: string,
  options: Record<string, string | number> = {},
): Promise<Child> {
  const args = Object.entries({ ifname, ...options }).flatMap(([key, value]) => [
    `--${key}`,
    `${value}`,
  ]);
  const file = builtFile(program);
  return netns === null ? Child.start(file, args) : Child.startInside(netns, file, args);
}
