import type { PathProbe } from "../dataplane/native.ts";
import { PathMtuProber } from "./path-mtu.ts";
import type { ProbedPeer } from "./path-mtu-peer.ts";
import type { PathMtuView } from "./path-mtu-view.ts";

/** What becomes of a packet of so many bytes. */
export type Path = (bytes: number) => PathProbe;

export const reached: PathProbe = { outcome: "reached", mtu: 0 };
export const silent: PathProbe = { outcome: "silent", mtu: 0 };

/** A router of this MTU; one that `tells` says so. */
export function narrow(mtu: number, tells: boolean): Path {
  return (bytes) => {
    if (bytes <= mtu) return reached;
    return tells ? { outcome: "too-big", mtu } : silent;
  };
}
export const nobody: Path = () => silent;

/** So long an answered probe takes. */
const ROUND_TRIP_MS = 2;
const TICK_MS = 100;

interface Pending {
  at: number;
  resolve: () => void;
}

/** A prober in a world of its own: clock, paths and what it did there. */
export class PathWorld {
  /** Milliseconds since the beginning. */
  now = 0;
  peers: ProbedPeer[] = [];
  readonly paths = new Map<string, Path>();
  readonly sent: { at: number; address: string; bytes: number }[] = [];
  readonly applied: { vtep: string; address: string; mtu: number }[] = [];
  readonly lines: { level: string; message: string; facts: Record<string, unknown> }[] = [];
  mostInFlight = 0;
  /** Thrown by the next calls of onChange. */
  refusal: Error | null = null;
  /** Thrown by the probes. */
  failure: Error | null = null;
  readonly prober: PathMtuProber;
  readonly #pending: Pending[] = [];

  constructor(intervalSeconds = 60) {
    let seed = 1;
    this.prober = new PathMtuProber(
      {
        probe: (_source, address, bytes, timeoutMs) => this.#probe(address, bytes, timeoutMs),
        now: () => this.now,
        peers: () => this.peers,
        onChange: (vtep, address, mtu) => {
          if (this.refusal) throw this.refusal;
          this.applied.push({ vtep, address, mtu });
        },
        log: {
          debug: this.#line("debug"),
          info: this.#line("info"),
          warn: this.#line("warn"),
        } as never,
        random: () => {
          seed = (seed * 48271) % 2147483647;
          return seed / 2147483647;
        },
      },
      { intervalSeconds, enabled: true },
    );
  }

  add(address: string, path: Path, linkMtu = 1500): void {
    const source = address.includes(":") ? "fd00::1" : "10.0.0.1";
    this.peers.push({ vtep: "vtep0", source, address, linkMtu });
    this.paths.set(address, path);
  }

  /** Lets the time pass; probes are answered in it. */
  async pass(seconds: number): Promise<void> {
    for (const end = this.now + seconds * 1000; this.now < end; ) {
      this.prober.tick();
      const next = this.now + TICK_MS;
      await this.#answerUntil(next);
      this.now = next;
    }
  }

  view(address: string): PathMtuView | undefined {
    return this.prober.views().find((view) => view.address === address);
  }

  async #answerUntil(end: number): Promise<void> {
    for (;;) {
      await settled();
      this.#pending.sort((a, b) => a.at - b.at);
      if ((this.#pending[0]?.at ?? Number.POSITIVE_INFINITY) > end) return;
      const first = this.#pending.shift() as Pending;
      this.now = first.at;
      first.resolve();
    }
  }

  #probe(address: string, bytes: number, timeoutMs: number): Promise<PathProbe> {
    if (this.failure) return Promise.reject(this.failure);
    this.sent.push({ at: this.now, address, bytes });
    const probe = (this.paths.get(address) ?? nobody)(bytes);
    const at = this.now + (probe.outcome === "silent" ? timeoutMs : ROUND_TRIP_MS);
    const answer = new Promise<PathProbe>((resolve) => {
      this.#pending.push({ at, resolve: () => resolve(probe) });
    });
    this.mostInFlight = Math.max(this.mostInFlight, this.#pending.length);
    return answer;
  }

  #line(level: string) {
    return (facts: Record<string, unknown>, message: string) => {
      this.lines.push({ level, message, facts });
    };
  }
}

/** Everything that promises have to do without the time passing. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
