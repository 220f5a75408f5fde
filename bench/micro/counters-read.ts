import { CounterView } from "../../src/dataplane/counters.ts";
import { loadNative } from "../../src/dataplane/native.ts";
import type { MicroCase } from "./case.ts";

const ports = 100;

export const countersRead: MicroCase = {
  name: "micro-counters-read",
  what: `every counter and drop reason of ${ports} ports read from shared memory`,
  prepare() {
    const view = new CounterView(loadNative().counterLayout);
    return () => {
      for (let port = 0; port < ports; port++) view.port(port);
    };
  },
};
