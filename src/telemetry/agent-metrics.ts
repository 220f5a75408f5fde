import { Gauge, type Registry } from "prom-client";
import type { AgentView, AttachmentViewState } from "../agent/view.ts";

const STATES: AttachmentViewState[] = ["adding", "attached", "removing", "lost"];

/** Readiness, attachments and addresses. */
export class AgentMetrics {
  readonly #ready: Gauge;
  readonly #attachments: Gauge;
  readonly #addresses: Gauge;
  readonly #spooled: Gauge;
  readonly #info: Gauge;

  constructor(registry: Registry) {
    const gauge = (name: string, help: string, ...labelNames: string[]) =>
      new Gauge({ name, help, labelNames, registers: [registry] });
    this.#info = gauge("millrace_build_info", "1, with the version as label.", "version");
    this.#ready = gauge("millrace_ready", "1 when pods can be attached.");
    const attachments = "Attachments by network and state.";
    this.#attachments = gauge("millrace_attachments", attachments, "network", "state");
    const addresses = "Pod addresses in use.";
    this.#addresses = gauge("millrace_addresses_allocated", addresses, "network", "prefix");
    const spooled =
      "DELs that came while the agent was away: waiting, or unusable and moved aside.";
    this.#spooled = gauge("millrace_spooled_dels", spooled, "state");
  }

  refresh(view: AgentView): void {
    const { version, state, problems, spool } = view.status();
    this.#info.set({ version }, 1);
    this.#ready.set(state === "ready" && problems.length === 0 ? 1 : 0);
    this.#spooled.set({ state: "waiting" }, spool.waiting);
    this.#spooled.set({ state: "unusable" }, spool.unusable);
    this.#refreshNetworks(view);
    for (const { network, state } of view.attachments()) {
      this.#attachments.inc({ network, state });
    }
  }

  /** Every state of every network has a value, so that a sum over nothing is 0 and not absent. */
  #refreshNetworks(view: AgentView): void {
    this.#attachments.reset();
    this.#addresses.reset();
    for (const { name, subnets } of view.networks()) {
      for (const state of STATES) this.#attachments.set({ network: name, state }, 0);
      for (const { prefix, allocated } of subnets) {
        this.#addresses.set({ network: name, prefix }, allocated);
      }
    }
  }
}
