import { CounterView } from "../../src/dataplane/counters.ts";
import { loadNative } from "../../src/dataplane/native.ts";
import type { MicroCase } from "./case.ts";

function reading(name: string, ports: number): MicroCase {
  return {
    name,
    what: `every counter and drop reason of ${ports} ports read from shared memory`,
    prepare() {
      const view = new CounterView(loadNative().counterLayout);
      return () => {
        for (let port = 0; port < ports; port++) view.port(port);
      };
    },
  };
}

export const countersRead = reading("micro-counters-read", 100);
export const countersRead1000 = reading("micro-counters-read-1000", 1000);
