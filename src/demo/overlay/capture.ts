import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startBackground } from "../../../test/harness/background.ts";
import type { Namespace } from "../../../test/harness/namespace.ts";
import type { Scope } from "../../../test/harness/scope.ts";
import { VXLAN_PORT } from "../../config/vtep-schema.ts";

/** Packets on their way between the nodes. */
export interface Capture {
  /** Ends it. @returns the file, in pcap format. @throws Error when it could not begin */
  stop(): Promise<string>;
}

/** For what the kernel hands to the capture after the last answer has arrived. */
const SETTLE_MS = 100;

/**
 * Captures the VXLAN packets that pass an interface, both directions. Without tcpdump the rest of
 * the demo goes on: only who asks for the file is told.
 */
export async function startCapture(
  scope: Scope,
  namespace: Namespace,
  ifname: string,
): Promise<Capture> {
  const file = join(scope.dir, "underlay.pcap");
  const live = ["--immediate-mode", "-U", "-Z", "root"];
  const filter = `udp port ${VXLAN_PORT}`;
  const started = startBackground(
    scope,
    namespace,
    ["tcpdump", ...live, "-n", "-i", ifname, "-w", file, filter],
    "listening on",
  );
  const failed = await started.then(
    () => null,
    (error: unknown) => error,
  );
  scope.signal.throwIfAborted();
  return {
    async stop() {
      if (failed !== null) throw failed;
      await delay(SETTLE_MS);
      await (await started).stop();
      return file;
    },
  };
}
