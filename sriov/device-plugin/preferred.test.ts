import { assert, constantFrom, integer, property, subarray } from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { PF0, PF1, PluginNode, vf } from "./fixture.ts";
import { type PfPreference, preferredDevices } from "./preferred.ts";

const PF2 = "0000:81:00.0";
/** Two PFs on node 0 with four VFs each, one on node 1, and one whose node nobody knows. */
const DEVICES = [
  ...[0, 1, 2, 3].map((index) => vf(PF0, index)),
  ...[0, 1, 2, 3].map((index) => vf(PF1, index)),
  ...[0, 1, 2].map((index) => vf(PF2, index, { numaNode: 1 })),
  vf("0000:c1:00.0", 0, { numaNode: -1 }),
];
const ALL = DEVICES.map(({ id }) => id);

/** "01.0 02.3" for 0000:01:10.0 and 0000:02:10.3 */
const long = (short: string) =>
  short
    .split(" ")
    .filter(Boolean)
    .map((id) => `0000:${id.replace(".", ":10.")}`);
const short = (ids: string[]) => ids.map((id) => id.slice(5).replace(":10.", ".")).join(" ");

test.each<{
  title: string;
  free?: string;
  must?: string;
  size: number;
  expected: string;
  pack?: boolean;
}>([
  {
    title: "One device is of the node that it leaves least unused",
    size: 1,
    expected: "81.0",
    free: "01.0 02.0 81.0",
  },
  {
    title: "Two are of two PFs of one node",
    size: 2,
    expected: "01.0 02.0",
    free: "01.0 01.1 02.0 02.1",
  },
  {
    title: "Four alternate between the PFs",
    size: 4,
    expected: "01.0 02.0 01.1 02.1",
    free: "01.0 01.1 01.2 02.0 02.1 02.2",
  },
  {
    title: "The PF that has given less to others comes first",
    size: 1,
    expected: "02.1",
    free: "01.3 02.1 02.2 02.3",
  },
  {
    title: "Packed, it is the PF that has given more",
    size: 1,
    expected: "01.3",
    free: "01.3 02.1 02.2 02.3",
    pack: true,
  },
  {
    title: "Packed, a PF is used up before the next",
    size: 3,
    expected: "01.2 01.3 02.1",
    free: "01.2 01.3 02.1 02.2 02.3",
    pack: true,
  },
  { title: "The smaller node that can give all is taken", size: 3, expected: "81.0 81.1 81.2" },
  {
    title: "A node that can give all is taken before one that cannot",
    size: 4,
    expected: "01.0 02.0 01.1 02.1",
  },
  {
    title: "When no node can give all, the one that gives most is first",
    size: 5,
    expected: "01.0 02.0 01.1 81.0 81.1",
    free: "01.0 01.1 02.0 81.0 81.1",
  },
  {
    title: "The node of what must be included is taken first",
    size: 2,
    expected: "81.2 81.0",
    must: "81.2",
  },
  {
    title: "What must be included counts for its PF",
    size: 2,
    expected: "01.1 02.0",
    must: "01.1",
    free: "01.0 01.1 02.0 02.1",
  },
  {
    title: "An unknown node is the last resort",
    size: 2,
    expected: "01.0 c1.0",
    free: "c1.0 01.0",
  },
  {
    title: "Nothing more than what must be included when that is enough",
    size: 1,
    expected: "81.2",
    must: "81.2",
  },
  { title: "Fewer when there are no more", size: 3, expected: "01.0", free: "01.0" },
  {
    title: "What must be included stays even when it is not known",
    size: 1,
    expected: "09.0",
    must: "09.0",
  },
])("$title", ({ free, must = "", size, expected, pack }) => {
  const request = {
    available_deviceIDs: free === undefined ? ALL : long(free),
    must_include_deviceIDs: long(must),
    allocation_size: size,
  };
  const preference = pack === true ? "pack" : "spread";
  expect(short(preferredDevices(request, DEVICES, preference))).toBe(expected);
});

test("Whatever is asked: no device twice, none that is not available, the same for any order", () => {
  const preference = constantFrom<PfPreference>("spread", "pack");
  assert(
    property(subarray(ALL), integer({ min: 0, max: 12 }), preference, (free, size, how) => {
      const ask = (available_deviceIDs: string[]) => {
        const must_include_deviceIDs = free.slice(0, Math.min(2, size));
        const request = { available_deviceIDs, must_include_deviceIDs, allocation_size: size };
        return preferredDevices(request, DEVICES, how);
      };
      const answer = ask(free);
      expect(new Set(answer).size).toBe(answer.length);
      expect(free).toEqual(expect.arrayContaining(answer));
      expect(answer).toHaveLength(Math.min(size, free.length));
      expect(answer.slice(0, 2)).toEqual(expect.arrayContaining(free.slice(0, Math.min(2, size))));
      expect(ask([...free].reverse())).toEqual(answer);
    }),
  );
});

test("The kubelet gets an answer for each container", async () => {
  const node = new PluginNode();
  onTestFinished(() => node.close());
  node.source.set(DEVICES);
  await node.openKnown();
  const container = { must_include_deviceIDs: [], allocation_size: 2 };
  const container_requests = [
    { ...container, available_deviceIDs: long("01.0 01.1 02.0") },
    { ...container, available_deviceIDs: long("81.0 81.1 02.0") },
  ];
  await expect(
    node.kubelet.call("GetPreferredAllocation", { container_requests }),
  ).resolves.toEqual({
    container_responses: [{ deviceIDs: long("01.0 02.0") }, { deviceIDs: long("81.0 81.1") }],
  });
});
