import { type FakeHost, fakeHost, routeWish } from "./forwarding-fixture.ts";
import type { Leak, RouteWish } from "./forwarding-model.ts";
import { checkRoutes } from "./forwarding-routes.ts";

/** Routes are checked against this node, and what is known of the API's entries beside it. */
export class RouteChecks {
  host: FakeHost = fakeHost();
  /** "network prefix" of entries of the API. */
  readonly ours = new Set<string>();
  leaks: Leak[] = [];
  waits = false;

  check(wishes: RouteWish[], network = "blue") {
    const known = {
      has: (name: string, prefix: string) => this.ours.has(`${name} ${prefix}`),
      waits: () => this.waits,
      leaks: () => this.leaks,
    };
    return checkRoutes(this.host, network, wishes, known);
  }

  /** What a batch of one change is refused with. */
  async refusal(wish: RouteWish, network?: string): Promise<string> {
    const error = await this.check([wish], network).then(
      () => new Error("accepted"),
      (reason: Error) => reason,
    );
    return error.message;
  }
}

/** A route that leads nowhere by itself. */
export const plain = (prefix: string, type: RouteWish["type"]) =>
  routeWish(prefix, { type, via: [] });
