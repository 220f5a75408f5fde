import { join } from "node:path";
import type { Scope } from "../../test/harness/scope.ts";
import { buildTemplates } from "../frames/build.ts";
import { flowRanges } from "../frames/flows.ts";
import { writePcap } from "../frames/pcap.ts";
import { readTemplates } from "../frames/replay.ts";
import { formatSizes } from "../frames/sizes.ts";
import type { FrameTemplate } from "../frames/types.ts";
import type { Lane, Load } from "./types.ts";

/** The files with the frames of one lane: written once for each mix of sizes, flows and source. */
export class FrameFiles {
  readonly #scope: Scope;
  readonly #lane: Lane;
  readonly #paths = new Map<string, Promise<string>>();

  constructor(scope: Scope, lane: Lane) {
    this.#scope = scope;
    this.#lane = lane;
  }

  /**
   * Path of a pcap file with what the generator plays; Wireshark opens it.
   * @throws Error that names the size or the flows that this lane cannot have, or what is wrong with
   *   the capture to be replayed
   */
  path(load: Load): Promise<string> {
    const { source, sizes, flows } = load;
    const key = `${formatSizes(sizes)} ${flows} ${source}`;
    const known = this.#paths.get(key);
    if (known !== undefined) return known;
    const written = this.#write(load);
    this.#paths.set(key, written);
    return written;
  }

  async #write(load: Load): Promise<string> {
    const { netns, ifname } = this.#lane.tx;
    const path = join(this.#scope.dir, `${netns ?? "host"}-${ifname}-${this.#paths.size}.pcap`);
    await writePcap(path, await this.#templates(load));
    return path;
  }

  async #templates({ source, sizes, flows }: Load): Promise<FrameTemplate[]> {
    const { capture, frame, flowFields } = this.#lane;
    if (capture !== undefined) return readTemplates(capture, source);
    return buildTemplates(frame, flowRanges(flowFields, flows), sizes, { source });
  }
}
