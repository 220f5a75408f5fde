import type { Logger } from "pino";
import type { AttachmentId } from "../../cni/attacher.ts";
import { CNI_ERROR, CniError } from "../../cni/errors.ts";
import type { CniReply } from "../../cni/server.ts";
import { bootId } from "../store/boot-id.ts";
import { attachmentKey } from "../store/records.ts";
import { KeyedMutex } from "./keyed-mutex.ts";
import {
  isSpooled,
  listSpool,
  readSpooled,
  removeSpooled,
  type SpooledDel,
  setAside,
} from "./spool-file.ts";

const BAD_REQUEST = 400;

/** Serves one call as if it came from the API. */
export type Deliver = (body: string) => Promise<CniReply>;

export interface SpoolOptions {
  dir: string;
  deliver: Deliver;
  /** Whether the journal has the attachment. */
  isAttached: (key: string) => boolean;
  log: Logger;
}

/** Replays spooled DELs; DELs and ADD of one attachment never at the same time. */
export class SpoolReplay {
  readonly #options: SpoolOptions;
  #deliver: Deliver;
  readonly #locks = new KeyedMutex();
  /** Attachment of each file that was read; a name never comes to stand for another. */
  readonly #keys = new Map<string, string>();
  /** When this agent served the ADD of an attachment: microseconds of the monotonic clock. */
  readonly #added = new Map<string, number>();
  /** Why a file is still there, by name. */
  readonly #failures = new Map<string, string>();

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#deliver = options.deliver;
  }

  /** Has calls served by another from now on. */
  deliverBy(deliver: Deliver): void {
    this.#deliver = deliver;
  }

  /** Whether the file was tried before, and stayed. */
  hasFailed(name: string): boolean {
    return this.#failures.has(name);
  }

  /** Replays one file. It goes when that worked, else it stays. */
  async run(name: string): Promise<void> {
    const key = await this.#keyOf(name);
    if (key !== null) await this.#locks.run(key, () => this.#replay(name));
  }

  /**
   * Runs an ADD once the DELs of its attachment are done.
   * @throws CniError 11 when one of them cannot be done
   */
  async beforeAdd<T>({ containerId, ifname }: AttachmentId, add: () => Promise<T>): Promise<T> {
    const key = attachmentKey(containerId, ifname);
    return await this.inOrder({ containerId, ifname }, async () => {
      await this.#replayAllOf(key);
      const at = now();
      const result = await add();
      this.#added.set(key, at);
      return result;
    });
  }

  /** Runs other work on an attachment after the ADDs and DELs that came before. */
  inOrder<T>({ containerId, ifname }: AttachmentId, work: () => Promise<T>): Promise<T> {
    return this.#locks.run(attachmentKey(containerId, ifname), work);
  }

  /** Forgets what is known of files and attachments that are gone. */
  tidy(names: readonly string[]): void {
    const there = new Set(names);
    for (const name of [...this.#keys.keys(), ...this.#failures.keys()]) {
      if (!there.has(name)) this.#forget(name);
    }
    for (const key of this.#added.keys()) {
      if (!this.#options.isAttached(key)) this.#added.delete(key);
    }
  }

  // A directory that cannot be read holds up no ADD: what comes out of it later is told by its age.
  async #replayAllOf(key: string): Promise<void> {
    const names = await listSpool(this.#options.dir).catch(() => []);
    for (const name of names.filter(isSpooled)) {
      if ((await this.#keyOf(name)) !== key) continue;
      await this.#replay(name);
      const failure = this.#failures.get(name);
      if (failure === undefined) continue;
      const details = `a DEL that came while the agent was away has to be done first: ${failure}`;
      throw new CniError(CNI_ERROR.tryAgainLater, `cannot attach ${key}`, details);
    }
  }

  async #keyOf(name: string): Promise<string | null> {
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const spooled = await this.#read(name);
    if (spooled) this.#keys.set(name, spooled.key);
    return spooled?.key ?? null;
  }

  async #read(name: string): Promise<SpooledDel | null> {
    try {
      return await readSpooled(this.#options.dir, name);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // A disk that cannot be read now says nothing about the file.
      if (typeof code === "string") this.#fail(name, message);
      else await this.#reject(name, message);
      return null;
    }
  }

  // The caller holds the lock of the attachment. A file that is written anew meanwhile holds a DEL
  // of the same attachment, so it may go as well.
  async #replay(name: string): Promise<void> {
    const spooled = await this.#read(name);
    if (!spooled) return;
    const { log } = this.#options;
    const { key } = spooled;
    if (this.#isOlder(spooled)) {
      log.warn({ attachment: key, file: name }, "dropped a spooled DEL: the attachment is newer");
      return await this.#done(name);
    }
    const { status, body } = await this.#deliver(spooled.body);
    if (status === BAD_REQUEST) return await this.#reject(name, reasonOf(body));
    if (status >= 300) return this.#fail(name, reasonOf(body));
    log.info({ attachment: key, file: name }, "replayed a DEL that came without an agent");
    await this.#done(name);
  }

  // Attachments of an agent before are no newer than what is left here: it replayed all that there
  // was before it served its first ADD.
  #isOlder({ key, called }: SpooledDel): boolean {
    const added = this.#added.get(key);
    if (added === undefined || !this.#options.isAttached(key)) return false;
    return called === null || called.bootId !== bootId() || called.microseconds < added;
  }

  async #done(name: string): Promise<void> {
    await removeSpooled(this.#options.dir, name);
    this.#forget(name);
  }

  async #reject(name: string, reason: string): Promise<void> {
    const file = await setAside(this.#options.dir, name);
    this.#forget(name);
    this.#options.log.warn({ file, reason }, "a spooled DEL cannot be used; moved aside");
  }

  // Tried again at every turn, but what stays the same is logged once.
  #fail(name: string, reason: string): void {
    if (this.#failures.get(name) === reason) return;
    this.#failures.set(name, reason);
    this.#options.log.warn({ file: name, reason }, "a spooled DEL failed; it is tried again");
  }

  #forget(name: string): void {
    this.#keys.delete(name);
    this.#failures.delete(name);
  }
}

const now = (): number => Number(process.hrtime.bigint() / 1000n);

function reasonOf(body: string): string {
  const { msg, details } = JSON.parse(body) as { msg: string; details?: string };
  return details === undefined ? msg : `${msg}: ${details}`;
}
