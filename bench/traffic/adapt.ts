import type { Scope } from "../../test/harness/scope.ts";
import type { Dut } from "../duts/dut.ts";
import { Tester } from "../trial/tester.ts";
import type { Forwarder, ForwarderName } from "./forwarder.ts";

/** A device under test as the scenario groups know it; its sink leaves with the scope. */
export async function asForwarder(
  scope: Scope,
  subject: ForwarderName,
  { description, lane, placements, prepare, rest }: Dut,
): Promise<Forwarder> {
  const { run } = await Tester.open(scope, lane);
  return {
    ...{ subject, description, run, prepare, rest },
    placements: (source) => [...placements(source)],
  };
}
