import type { Dut } from "./dut.ts";

/** A device whose routing table can be filled. */
export interface RoutedDut {
  /**
   * Makes the table have `count` routes beside those that the lane needs: /24 to /32, none of them
   * taken by test frames. They all lead to the receiver.
   * @throws Error when the device refuses one, or does not have them all in time
   */
  routes(count: number): Promise<void>;
}

export function isRouted(dut: Dut): dut is Dut & RoutedDut {
  return "routes" in dut;
}

const lengths = 9;

/** Route number `at` of many: each in a /24 of its own from 20.0.0.0 on, 24 to 32 bits long. */
export function otherPrefix(at: number): string {
  const block = [20 + (at >> 16), (at >> 8) & 255, at & 255].join(".");
  return `${block}.0/${24 + (at % lengths)}`;
}

/** What is to be done for a table that has `from` routes and is to have `to`. */
export function routeChanges(from: number, to: number): { op: "add" | "del"; prefixes: string[] } {
  const [first, end] = from < to ? [from, to] : [to, from];
  const prefixes = Array.from({ length: end - first }, (_, at) => otherPrefix(first + at));
  return { op: from < to ? "add" : "del", prefixes };
}
