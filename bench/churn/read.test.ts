import { expect, it } from "vitest";
import { activeObjects, bpfObjects } from "./read.ts";

const program = "pos:\t0\nflags:\t02000002\nprog_type:\t6\nprog_id:\t81\n";
const map = "pos:\t0\nmap_type:\t17\nmap_id:\t33\nfrozen:\t0\n";
const link = "pos:\t0\nlink_type:\txdp\nlink_id:\t12\nprog_tag:\t0a\nprog_id:\t82\n";
const socket = "pos:\t0\nflags:\t02000002\nmnt_id:\t10\n";

it("BPF objects are counted once each, and the program of a link is not one that is held", () => {
  expect(bpfObjects([program, program, map, link, socket])).toEqual({
    ...{ "bpf-programs": 1, "bpf-maps": 1, "bpf-links": 1 },
  });
});

it("objects of a cache are those in use", () => {
  const text =
    "nf_conntrack 0 0 256\nnet_namespace         35     56   4288    7    8 : tunables\n";
  expect(activeObjects(text, "net_namespace")).toBe(35);
  expect(activeObjects("", "net_namespace")).toBeNull();
});
