import { expect, test } from "vitest";
import { Claims } from "./claims.ts";

const nodes = (claims: Claims, key: string) => claims.of(key).map(({ node }) => node);

test("The newest claim wins, and the one before comes back when it is dropped", () => {
  const claims = new Claims("newest");
  expect([claims.set("k", "a", "1"), claims.set("k", "b", "2")]).toEqual([true, true]);
  expect(claims.winner("k")).toMatchObject({ node: "b", value: "2" });
  expect([...claims.contested]).toEqual(["k"]);
  claims.drop("k", "b");
  expect(claims.winner("k")).toMatchObject({ node: "a", value: "1" });
  expect([...claims.contested]).toEqual([]);
});

test("The first claim wins where nobody may take it away", () => {
  const claims = new Claims("first");
  for (const node of ["a", "b", "c"]) claims.set("k", node);
  expect(nodes(claims, "k")).toEqual(["a", "b", "c"]);
  claims.drop("k", "a");
  expect(nodes(claims, "k")).toEqual(["b", "c"]);
});

test("A claim that is made again keeps its place and takes the new value", () => {
  const claims = new Claims("newest");
  claims.set("k", "a", "1");
  claims.set("k", "b", "2");
  expect(claims.set("k", "a", "3")).toBe(false);
  expect(claims.of("k").map(({ node, value }) => `${node} ${value}`)).toEqual(["b 2", "a 3"]);
});

test("One of several can be preferred, and who has no claim cannot", () => {
  const claims = new Claims("newest");
  for (const node of ["a", "b", "c"]) claims.set("k", node);
  claims.prefer("k", "a");
  expect(nodes(claims, "k")).toEqual(["a", "c", "b"]);
  claims.prefer("k", "x");
  claims.drop("k", "x");
  claims.drop("other", "a");
  expect(nodes(claims, "k")).toEqual(["a", "c", "b"]);
  for (const node of ["a", "b", "c"]) claims.drop("k", node);
  expect([...claims.keys()]).toEqual([]);
});
