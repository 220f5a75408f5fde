import { setTimeout as delay } from "node:timers/promises";
import type { Attacher } from "../../cni/attacher.ts";
import { handleCni } from "../../cni/server.ts";
import type { Config } from "../config/schema.ts";
import { spoolDirOf } from "../config/spool-dir.ts";
import type { Parts } from "./parts.ts";
import { Spool } from "./spool.ts";

/** What is still being replayed after this goes on, but holds up the start no longer. */
const START_LIMIT_MS = 30_000;

/** The spool of an agent, which replays as if the calls came from the API. */
export function openSpool({ journal, log }: Parts, config: Config, attacher: Attacher): Spool {
  const unforeseen = (error: unknown) => log.error({ err: error }, "a spooled DEL failed");
  return new Spool({
    dir: spoolDirOf(config),
    deliver: (body) => handleCni(body, attacher, unforeseen),
    isAttached: (key) => journal.attachments.has(key),
    log,
  });
}

/**
 * Replays what is there before the first call is served, then follows what comes.
 * @param limitMs after which the first call is served all the same
 */
export async function startSpool(
  spool: Spool,
  { reconcileInterval }: Pick<Config, "reconcileInterval">,
  limitMs = START_LIMIT_MS,
): Promise<void> {
  spool.start(reconcileInterval);
  await Promise.race([spool.drain(), delay(limitMs, null, { ref: false })]);
}

/** An attacher that serves ADD after the DELs of the same attachment that came without an agent. */
export function spoolFirst(attacher: Attacher, spool: Spool): Attacher {
  return {
    attach: (request) => spool.beforeAdd(request, () => attacher.attach(request)),
    attachVf: (request) => spool.beforeAdd(request, () => attacher.attachVf(request)),
    // After an ADD that came first and still waits for the spool.
    detach: (containerId, ifname, ...more) =>
      spool.inOrder({ containerId, ifname }, () => attacher.detach(containerId, ifname, ...more)),
    check: attacher.check.bind(attacher),
    collect: attacher.collect.bind(attacher),
    status: attacher.status.bind(attacher),
  };
}
