import { type Address, type Prefix, parseAddress, parsePrefix } from "../networks/ip.ts";
import type { Fault } from "./checks.ts";

export type Path = readonly PropertyKey[];

/** The prefix written at `path`, or the error that says what is wrong with it. */
export function readPrefix(text: string, path: Path, fault: Fault): Prefix {
  try {
    return parsePrefix(text);
  } catch (error) {
    const accepted = 'a CIDR prefix like "10.1.0.0/24" or "fd00:1::/64"';
    throw fault(path, { value: text, reason: (error as Error).message, accepted });
  }
}

/** The address written at `path`, or the error that says what is wrong with it. */
export function readAddress(text: string, path: Path, fault: Fault): Address {
  try {
    return parseAddress(text);
  } catch (error) {
    const accepted = 'an address like "10.1.0.1" or "fd00:1::1"';
    throw fault(path, { value: text, reason: (error as Error).message, accepted });
  }
}
