import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { FakeSource, PF0, vf } from "./fixture.ts";
import type { ListAndWatchResponse } from "./messages.ts";
import { type WatchCall, WatchStream } from "./watch-stream.ts";

/** A kubelet that takes a message only when told to. */
class SlowCall extends EventEmitter {
  readonly taken: string[] = [];
  #waiting: (() => void) | null = null;

  write({ devices }: ListAndWatchResponse, taken: () => void): boolean {
    this.#waiting = () => {
      this.taken.push(devices.map(({ health }) => health).join());
      taken();
    };
    return false;
  }

  take(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.();
  }

  end(): void {}
}

function open(): { call: SlowCall; source: FakeSource; ends: number[]; stream: WatchStream } {
  const call = new SlowCall();
  const source = new FakeSource([vf(PF0, 0)]);
  const ends: number[] = [];
  const watched = call as unknown as WatchCall;
  const stream = new WatchStream(watched, source, false, () => void ends.push(ends.length));
  return { call, source, ends, stream };
}

const ID = "0000:01:10.0";

test("A kubelet that reads slowly gets the newest list, not every one there was", () => {
  const { call, source } = open();
  for (const healthy of [false, true, false]) source.change(ID, { healthy });
  call.take();
  call.take();
  call.take();
  expect(call.taken).toEqual(["Healthy", "Unhealthy"]);
});

test("A list that is what the kubelet has already is not sent, whatever was in between", () => {
  const { call, source } = open();
  source.change(ID, { healthy: false });
  source.change(ID, { healthy: true });
  call.take();
  call.take();
  expect(call.taken).toEqual(["Healthy"]);
});

test("A stream that the kubelet has ended is told so once, and sends no more", () => {
  const { call, source, ends, stream } = open();
  call.take();
  call.emit("cancelled");
  call.emit("error", new Error("gone"));
  call.emit("close");
  source.change(ID, { healthy: false });
  call.take();
  stream.end();
  expect(ends).toEqual([0]);
  expect(call.taken).toEqual(["Healthy"]);
  expect(source.subscriptions).toBe(0);
});
