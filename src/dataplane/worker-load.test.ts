import { describe, expect, it } from "vitest";
import { PortLimitError, WorkerLoad } from "./worker-load.ts";

describe("the load of the workers", () => {
  it("gives each queue to the least loaded worker, the first of equals", () => {
    const load = new WorkerLoad(10, 3);
    expect(load.place(2)).toEqual([0, 1]);
    expect(load.place(3)).toEqual([2, 0, 1]);
    load.remove([0, 0]);
    expect(load.place(3)).toEqual([0, 0, 2]);
  });

  it("takes nothing when there is no room for all queues", () => {
    const load = new WorkerLoad(2, 2);
    load.place(3);
    expect(() => load.place(2)).toThrow(PortLimitError);
    expect(load.queues).toEqual([2, 1]);
  });

  it("is content with fewer queues when it may, but not with none", () => {
    const load = new WorkerLoad(2, 2);
    expect(load.placeSome(16)).toHaveLength(4);
    expect(() => load.placeSome(16)).toThrow("worker 0 serves dataplane.maxPorts = 2 ports");
  });

  it("refuses a worker that does not exist", () => {
    expect(() => new WorkerLoad(2, 2).add(2)).toThrow("worker 2 does not exist");
  });
});
