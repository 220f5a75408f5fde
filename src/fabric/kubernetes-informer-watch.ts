import { type KubeConfig, Watch } from "@kubernetes/client-node";
import { type AnyNode, slimNode } from "./kubernetes-client.ts";

/** The library's watch with bookmarks, slim Nodes and an end that also ends a watch begun late. */
export class InformerWatch extends Watch {
  closed = false;
  #current: AbortController | undefined;

  constructor(config: KubeConfig, silenceMs: number) {
    super(config);
    // Not an option of the library; its 30 s would renew each node's watch twice a minute.
    this["requestTimeoutMs"] = silenceMs;
  }

  override async watch(
    path: string,
    params: Parameters<Watch["watch"]>[1],
    callback: (phase: string, object: unknown, event?: unknown) => void,
    done: (error: unknown) => void,
  ): Promise<AbortController> {
    const ended = new AbortController();
    if (this.closed) return ended;
    const slim = (phase: string, object: AnyNode, event: unknown) =>
      callback(phase, phase === "ERROR" ? object : slimNode(object), event);
    // The informer would begin a new watch and never say that the API is away.
    const finish = (error: unknown) => done(isSilence(error) ? this.#silence() : error);
    try {
      const bookmarked = { ...params, allowWatchBookmarks: true };
      this.#current = await super.watch(path, bookmarked, slim, finish);
      if (this.closed) this.#current.abort();
      return this.#current;
    } catch (error) {
      // Thrown into the informer it would be a rejection that nobody handles.
      done(error);
      return ended;
    }
  }

  close(): void {
    this.closed = true;
    this.#current?.abort();
  }

  #silence(): Error {
    const seconds = Math.round(this["requestTimeoutMs"] / 1000);
    return new Error(`no word from the API for ${seconds} s, not even a bookmark`);
  }
}

const isSilence = (error: unknown) => (error as Error | null)?.name === "TimeoutError";
