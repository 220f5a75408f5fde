import { setTimeout as pause } from "node:timers/promises";
import type { AttachmentId, PodIdentity } from "../../../cni/attacher.ts";
import type { Logger } from "../../telemetry/log.ts";
import { type AttachmentNote, noteKey } from "./note.ts";
import type { PodClient } from "./pod-client.ts";

const TRIES = 3;
const PAUSE_MS = 1000;
const NOT_FOUND = 404;
// The pod of that name is another one by now.
const CONFLICT = 409;

/** Writes what pods have got into their annotations, where `kubectl` shows it. */
export class PodAnnotator {
  readonly #open: () => Promise<PodClient>;
  readonly #log: Logger;
  readonly #closed = new AbortController();
  #client: Promise<PodClient> | null = null;

  /** @param open makes the client, when it is needed first and after it could not be made */
  constructor(open: () => Promise<PodClient>, log: Logger) {
    this.#open = open;
    this.#log = log;
  }

  /** Does so some time after it returns. What cannot be written is logged: the pod works without. */
  tell(
    { namespace, name, uid }: PodIdentity,
    { ifname }: AttachmentId,
    note: AttachmentNote,
  ): void {
    const key = noteKey(ifname);
    if (key === null) return;
    const pod = { namespace, name, uid };
    void this.#write(pod, { [key]: JSON.stringify(note) }).catch((err: Error) => {
      if (this.#closed.signal.aborted) return;
      const remedy = "may the agent patch pods/status?";
      this.#log.warn(
        { pod: `${namespace}/${name}`, err },
        `a pod could not be annotated; ${remedy}`,
      );
    });
  }

  async close(): Promise<void> {
    this.#closed.abort();
    const client = await this.#client?.catch(() => null);
    await client?.close();
  }

  async #write(pod: PodIdentity, annotations: Record<string, string>): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await (await this.#connected()).annotate(pod, annotations);
      } catch (error) {
        const code = (error as { code?: unknown }).code;
        if (code === NOT_FOUND || code === CONFLICT) return;
        if (tries === TRIES) throw error;
      }
      await pause(PAUSE_MS, undefined, { signal: this.#closed.signal });
    }
  }

  #connected(): Promise<PodClient> {
    this.#client ??= this.#open().catch((error) => {
      this.#client = null;
      throw error;
    });
    return this.#client;
  }
}

/** @param kubeconfig path; undefined in a pod, for its service account */
export function podAnnotator(kubeconfig: string | undefined, log: Logger): PodAnnotator {
  // The library takes half a second to load.
  const open = async () => new (await import("./pod-client.ts")).PodClient(kubeconfig);
  return new PodAnnotator(open, log);
}
