import { describe, expect, it } from "vitest";
import { NETWORKS } from "./annotations.ts";
import { MAX_NETWORKS, parseNetworks } from "./networks-annotation.ts";

const parse = (text: string) =>
  parseNetworks(NETWORKS, text, "shop").map(({ namespace, name }) => `${namespace}/${name}`);

describe("networks of a pod", () => {
  it.each([
    ["fast", ["shop/fast"]],
    ["fast,fast", ["shop/fast", "shop/fast"]],
    [" fast , infra/dpdk@net1,x@eth1 ", ["shop/fast", "infra/dpdk", "shop/x"]],
    ["infra / dpdk @ net1", ["infra/dpdk"]],
    ["fast@", ["shop/fast"]],
    ['[{"name": "fast"}]', ["shop/fast"]],
    ['[{"name": "fast.v2", "namespace": "infra", "interface": "net1"}]', ["infra/fast.v2"]],
    ['[{"name": "fast", "namespace": null, "mac": "02:00:5e:10:00:01"}]', ["shop/fast"]],
    ['[{"Name": "fast", "NAMESPACE": "infra"}]', ["infra/fast"]],
    ["[]", []],
  ])("are read from %s as Multus reads them", (text, networks) => {
    expect(parse(text)).toEqual(networks);
  });

  it.each([
    ["fast,", '"" names no network'],
    ["a/b/c", '"a/b/c" names no network'],
    ["a@b@c", '"a@b@c" names no network'],
    ["Fast", '"Fast" names no network'],
    ["fast.v2", '"fast.v2" names no network'],
    ["fast@a-name-of-16-chr", "names no network"],
    ["In_fra/fast", 'namespace "In_fra"; accepted: the name of a namespace'],
    ['[{"name": "fast"', "accepted: JSON like"],
    ['{"name": "fast"}', "not a list; accepted: JSON like"],
    ['["fast"]', "element 0: not an object"],
    ['[{"name": "fast"}, {}]', 'element 1: name ""'],
    ['[{"name": 5}]', "element 0: name 5; accepted: a text"],
    ['[{"name": "../../nodes"}]', 'element 0: name "../../nodes"'],
    ['[{"name": "a", "namespace": "b/c"}]', 'element 0: namespace "b/c"'],
    ["null,[", "accepted: JSON like"],
  ])("are refused as %s, in words", (text, words) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ key: NETWORKS }));
    expect(() => parse(text)).toThrow(words);
    expect(() => parse(text)).toThrow(`${NETWORKS} = ${JSON.stringify(text)}`);
  });

  it("are shown in part when they are long", () => {
    const long = `a b${"c".repeat(100_000)}`;
    for (const text of [
      long,
      JSON.stringify([{ name: long }]),
      JSON.stringify([{ name: [long] }]),
    ]) {
      expect(() => parse(text)).toThrow(
        expect.objectContaining({ message: expect.stringMatching(/^.{1,400}$/) }),
      );
    }
  });

  it("are limited, since each costs a request", () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`).join();
    expect(parse(many(MAX_NETWORKS))).toHaveLength(MAX_NETWORKS);
    expect(() => parse(many(MAX_NETWORKS + 1))).toThrow("65 networks; accepted: at most 64");
  });
});
