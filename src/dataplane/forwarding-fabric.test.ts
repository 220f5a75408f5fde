import { beforeEach, describe, expect, it } from "vitest";
import {
  addVni,
  type FakeHost,
  fakeHost,
  hop,
  routeInfo,
  routeWish,
} from "./forwarding-fixture.ts";
import { checkNeighbours } from "./forwarding-neighbours.ts";
import { checkRoutes } from "./forwarding-routes.ts";

const MAC = "02:00:00:00:00:99";

let host: FakeHost;

beforeEach(() => {
  host = fakeHost();
  addVni(host, "blue");
});

describe("what the fabric has made", () => {
  it.each(["add", "replace", "del"] as const)("is no route to %s", async (op) => {
    const made = routeInfo("10.1.2.0/23", { source: "static", nextHops: [hop(9, "10.1.2.0")] });
    host.native.routes.get(0)?.push(made);
    const known = { has: () => false, waits: () => false, leaks: () => [] };
    await expect(
      checkRoutes(host, "blue", [routeWish("10.1.2.0/23", { op })], known),
    ).rejects.toThrow("has this route from the fabric; it goes with its node");
  });

  it.each(["add", "replace", "del"] as const)("is no neighbour to %s", async (op) => {
    const entry = { port: 9, address: "10.1.2.0", mac: MAC } as const;
    const made = { ...entry, resolved: true, source: "static", used: false } as const;
    host.native.neighbours.get(0)?.push(made);
    const wish = { op, port: "vxlan100", address: "10.1.2.0", mac: MAC };
    const check = (known: boolean) => checkNeighbours(host, "blue", [wish], { has: () => known });
    await expect(check(false)).rejects.toThrow("an entry of the fabric; it goes with its node");
    if (op !== "add") expect((await check(true)).checked[0]?.change).toMatchObject({ op });
  });
});
