import type { AttachRequest } from "../../cni/attacher.ts";
import { handleCni } from "../../cni/server.ts";
import { callBody, RecordingAttacher } from "../../cni/test-call.ts";
import type { Parts } from "../../src/agent/parts.ts";
import { planAttachment } from "../../src/agent/plan.ts";
import { Ipam } from "../../src/networks/ipam.ts";
import type { MicroCase } from "./case.ts";
import { makeNetwork, makeRecord } from "./records.ts";

const held = 100;

const network = makeNetwork();

/** Chooses what the pod gets as the agent does, and stops there: no journal, no kernel. */
class Planner extends RecordingAttacher {
  readonly #parts: Parts;

  constructor() {
    super();
    const records = Array.from({ length: held }, (_, n) => makeRecord(n + 2));
    const attachments = new Map();
    // All that the plan of an ordinary pod looks at.
    const needed = { ipam: new Ipam(() => records), podQueues: 1, journal: { attachments } };
    this.#parts = needed as unknown as Parts;
  }

  override async attach(request: AttachRequest) {
    return planAttachment(this.#parts, network, request);
  }
}

export const cniPlan: MicroCase = {
  name: "micro-cni-plan",
  what: `an ADD from JSON to JSON: decoded, checked, planned with ${held} pods attached, answered; no kernel, no journal`,
  async prepare() {
    const planner = new Planner();
    const body = JSON.stringify(callBody());
    const { status, body: answer } = await handleCni(body, planner);
    if (status !== 200) throw new Error(`the call was refused: ${answer}`);
    return () => handleCni(body, planner);
  },
};
