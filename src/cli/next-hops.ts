import { InvalidArgumentError } from "commander";

/** A next hop as the API takes it. */
export interface NextHopOption {
  address?: string;
  port?: string;
  weight?: number;
}

/**
 * Reads --via, --port and --weight in the order in which they stand: what follows a --via belongs
 * to it. A --port without --via is the pod behind that port.
 */
export class NextHopOptions {
  readonly hops: NextHopOption[] = [];

  readonly via = (address: string): void => {
    const last = this.hops.at(-1);
    if (last?.port !== undefined && last.address === undefined) last.address = address;
    else this.hops.push({ address });
  };

  readonly port = (port: string): void => {
    const last = this.hops.at(-1);
    if (last && last.port === undefined) last.port = port;
    else this.hops.push({ port });
  };

  readonly weight = (text: string): void => {
    const last = this.hops.at(-1);
    if (!last) throw new InvalidArgumentError("it follows the --via that it belongs to.");
    last.weight = Number(text);
    if (!/^\d+$/.test(text) || last.weight < 1 || last.weight > 256) {
      throw new InvalidArgumentError("accepted: an integer from 1 to 256.");
    }
  };
}
