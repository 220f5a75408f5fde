import type { Scope } from "../../test/harness/scope.ts";
import { Child } from "../lib/child.ts";
import { builtFile } from "./tools.ts";

/** What arrived so far, at one moment of the sink's monotonic clock. */
export interface SinkReading {
  seconds: number;
  /** Test frames with the expected TTL. */
  packets: number;
  /** Of those sampled, how many had a wrong IPv4 checksum. */
  corrupt: number;
  /** Anything else. */
  other: number;
}

/** XDP program on the receiving pod's interface that counts and drops. */
export class Sink {
  readonly #child: Child;

  /**
   * Attaches to `ifname` in `netns`; it leaves with the process.
   * @param ttl of frames that were forwarded as they should
   * @param outer bytes of the headers of a tunnel in front of them
   */
  static async start(
    scope: Scope,
    netns: string,
    ifname: string,
    ttl: number,
    outer = 0,
  ): Promise<Sink> {
    const args = ["--ifname", ifname, "--ttl", `${ttl}`, "--outer", `${outer}`];
    const child = await Child.startInside(netns, builtFile("millrace-sink"), args);
    scope.cleanup.use(child);
    await child.line();
    return new Sink(child);
  }

  private constructor(child: Child) {
    this.#child = child;
  }

  async read(): Promise<SinkReading> {
    return JSON.parse(await this.#child.ask("read")) as SinkReading;
  }
}
