import type { ServerWritableStream } from "@grpc/grpc-js";
import type { DeviceSource } from "./device.ts";
import { deviceList } from "./device-list.ts";
import type { Empty, ListAndWatchResponse } from "./messages.ts";

export type WatchCall = Pick<
  ServerWritableStream<Empty, ListAndWatchResponse>,
  "write" | "end" | "once" | "on"
>;

/**
 * One ListAndWatch of a kubelet: the list now, and again whenever it has become another one. One
 * message is under way at a time; a kubelet that reads slowly gets the newest list, not all of them.
 */
export class WatchStream {
  readonly #call: WatchCall;
  readonly #source: DeviceSource;
  readonly #excludeTopology: boolean;
  readonly #unsubscribe: () => void;
  readonly #ended: () => void;
  #sent = "";
  #writing = false;
  #open = true;

  /** @param ended called once, when either side has ended the stream */
  constructor(call: WatchCall, source: DeviceSource, excludeTopology: boolean, ended: () => void) {
    this.#call = call;
    this.#source = source;
    this.#excludeTopology = excludeTopology;
    this.#ended = ended;
    this.#unsubscribe = source.subscribe(() => this.#send());
    for (const event of ["cancelled", "close"]) call.once(event, () => this.#stop());
    call.on("error", () => this.#stop());
    this.#send();
  }

  end(): void {
    this.#stop();
    this.#call.end();
  }

  #send(): void {
    if (!this.#open || this.#writing) return;
    const devices = deviceList(this.#source.devices(), this.#excludeTopology);
    const text = JSON.stringify(devices);
    if (text === this.#sent) return;
    this.#sent = text;
    this.#writing = true;
    this.#call.write({ devices }, () => {
      this.#writing = false;
      this.#send();
    });
  }

  #stop(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#unsubscribe();
    this.#ended();
  }
}
