import { expect, test } from "vitest";
import { narrow, type Path, reached, silent } from "./path-mtu-fixture.ts";
import { PathSearch, PRECISION, type SearchStart, searchBounds } from "./path-mtu-search.ts";

/** Searches to its end; what was probed, in order. */
function search(path: Path, link: number, family: 4 | 6 = 4, start: SearchStart = {}) {
  const running = new PathSearch(searchBounds(family, link), start);
  const sizes: number[] = [];
  for (let bytes = running.next(); bytes !== null; bytes = running.next()) {
    expect(sizes.length, "a search ends").toBeLessThan(200);
    sizes.push(bytes);
    running.take(bytes, path(bytes));
  }
  return { sizes, mtu: running.mtu, state: running.state };
}

test("A path that takes the link's MTU is found with two probes", () => {
  const found = { mtu: 1500, state: "ok" };
  expect(search(narrow(1500, true), 1500)).toEqual({ sizes: [1200, 1500], ...found });
  expect(search(narrow(1500, true), 1500, 6)).toEqual({ sizes: [1280, 1500], ...found });
});

test("What a router tells is probed next, router after router", () => {
  const two: Path = (bytes) => (bytes > 1450 ? narrow(1450, true) : narrow(1400, true))(bytes);
  expect(search(two, 9000)).toEqual({
    sizes: [1200, 9000, 1450, 1400],
    mtu: 1400,
    state: "reduced",
  });
});

test("A black hole of any size is found to within eight bytes, and never too large", () => {
  for (const link of [1500, 3500, 9000]) {
    for (let mtu = 1280; mtu < link; mtu += 7) {
      for (const family of [4, 6] as const) {
        const found = search(narrow(mtu, false), link, family);
        expect(found.state).toBe("black-hole");
        expect(found.mtu).toBeLessThanOrEqual(mtu);
        expect(found.mtu).toBeGreaterThan(mtu - PRECISION);
        expect(found.sizes.length).toBeLessThan(40);
      }
    }
  }
});

test("A router that refuses without telling an MTU, as before RFC 1191, is no black hole", () => {
  const old: Path = (bytes) => (bytes <= 1400 ? reached : { outcome: "too-big", mtu: 0 });
  const { mtu, state } = search(old, 1500);
  expect(state).toBe("reduced");
  expect(mtu).toBeGreaterThan(1400 - PRECISION);
});

test("A router that tells more than passes behind it leaves a black hole", () => {
  const path: Path = (bytes) => (bytes > 1450 ? narrow(1450, true) : narrow(1400, false))(bytes);
  const { mtu, state } = search(path, 1500);
  expect(state).toBe("black-hole");
  expect(mtu).toBeGreaterThan(1400 - PRECISION);
  expect(mtu).toBeLessThanOrEqual(1400);
});

test("An MTU that contradicts what has arrived, or is none, is not believed", () => {
  for (const lie of [0, 68, 1000, 1500, 9000]) {
    const path: Path = (bytes) => (bytes <= 1400 ? reached : { outcome: "too-big", mtu: lie });
    const { mtu, state } = search(path, 1500);
    expect(state).toBe("reduced");
    expect(mtu).toBeGreaterThan(1400 - PRECISION);
  }
});

test("A size is lost after three losses and not before", () => {
  let losses = 0;
  const lossy: Path = (bytes) => (bytes === 1500 && losses++ < 2 ? silent : reached);
  expect(search(lossy, 1500)).toMatchObject({ sizes: [1200, 1500, 1500, 1500], state: "ok" });
});

test("A peer that answers nothing is unknown after the base size", () => {
  expect(search(() => silent, 1500)).toEqual({
    sizes: [1200, 1200, 1200],
    mtu: 0,
    state: "unknown",
  });
  expect(search(() => silent, 1500, 4, { patience: 1 }).sizes).toEqual([1200]);
});

test("A path narrower than the base size is found over IPv4 when a router tells it", () => {
  expect(search(narrow(1000, true), 1500)).toEqual({
    sizes: [1200, 576, 1000],
    mtu: 1000,
    state: "reduced",
  });
  expect(search(narrow(1000, true), 1500, 6)).toMatchObject({ mtu: 0, state: "unknown" });
});

test("A link below the base size bounds it", () => {
  expect(search(narrow(1000, true), 1000)).toEqual({ sizes: [1000], mtu: 1000, state: "ok" });
});

test("A search from a known size costs one size when nothing has grown", () => {
  const same = search(narrow(1400, false), 1500, 4, { low: 1396 });
  expect(same).toEqual({ sizes: [1404, 1404, 1404], mtu: 1396, state: "black-hole" });
  const told = search(narrow(1400, true), 1500, 4, { low: 1400 });
  expect(told).toEqual({ sizes: [1408], mtu: 1400, state: "reduced" });
  const grown = search(narrow(1500, true), 1500, 4, { low: 1400 });
  expect(grown).toEqual({ sizes: [1408, 1500], mtu: 1500, state: "ok" });
});

test("What others have found in a black hole is asked first, and need not be right", () => {
  const right = search(narrow(1400, false), 9000, 4, { guess: () => 1400 });
  expect(new Set(right.sizes)).toEqual(new Set([1200, 9000, 1400, 1408]));
  expect(right).toMatchObject({ mtu: 1400, state: "black-hole" });
  for (const guess of [576, 1200, 1396, 1404, 5000, 8999, 9000, 20_000]) {
    const { mtu, state, sizes } = search(narrow(1400, false), 9000, 4, { guess: () => guess });
    expect(state).toBe("black-hole");
    expect(mtu).toBeGreaterThan(1400 - PRECISION);
    expect(mtu).toBeLessThanOrEqual(1400);
    expect(Math.max(...sizes)).toBe(9000);
  }
});

test("A guess that changes between two losses does not mix them up", () => {
  let guess = 1400;
  const running = new PathSearch(searchBounds(4, 1500), { guess: () => guess });
  const sizes: number[] = [];
  for (let bytes = running.next(); bytes !== null; bytes = running.next()) {
    sizes.push(bytes);
    running.take(bytes, narrow(1390, false)(bytes));
    guess--;
  }
  const lost = Map.groupBy(
    sizes.filter((bytes) => bytes > 1390),
    (bytes) => bytes,
  );
  expect([...lost.values()].every(({ length }) => length === 3)).toBe(true);
  expect(running.mtu).toBeGreaterThan(1390 - PRECISION);
});
