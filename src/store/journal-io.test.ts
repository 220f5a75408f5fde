import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Journal } from "./journal.ts";
import type { AttachmentRecord } from "./records.ts";

vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  return { ...real, fdatasync: vi.fn(real.fdatasync), writeSync: vi.fn(real.writeSync) };
});

const fdatasync = vi.mocked(fs.fdatasync);
const writeSync = vi.mocked(fs.writeSync) as unknown as ReturnType<typeof vi.fn>;

let dir: string;
let journal: Journal;

beforeEach(async () => {
  dir = fs.mkdtempSync(join(tmpdir(), "mr-journal-io-"));
  journal = await Journal.open(dir, { warn: () => {} });
  fdatasync.mockClear();
});

afterEach(async () => {
  await journal.close().catch(() => {});
  fs.rmSync(dir, { recursive: true, force: true });
});

function record(n: number): AttachmentRecord {
  return {
    containerId: `c${n}`,
    ifname: "eth0",
    network: "blue",
    netns: "/run/netns/x",
    hostName: `mr${n}`,
    hostMac: "",
    podMac: "",
    mtu: 1500,
    addresses: [],
    routes: [],
    alias: "",
    createdAt: "",
    bootId: "",
    pod: null,
  };
}

describe("a journal on a disk", () => {
  it("lets everyone who comes while one fdatasync runs share the next", async () => {
    const first = journal.begin(record(0));
    await vi.waitFor(() => expect(fdatasync).toHaveBeenCalledTimes(1));
    const others = Array.from({ length: 50 }, (_, n) => journal.begin(record(n + 1)));
    await Promise.all([first, ...others]);
    expect(fdatasync).toHaveBeenCalledTimes(2);
  });

  it("does not wait for the disk on steps", async () => {
    await journal.begin(record(1));
    fdatasync.mockClear();
    journal.step(record(1), "createVeth");
    expect(fdatasync).not.toHaveBeenCalled();
  });

  it("takes back half a line when the disk is full, and goes on once it is not", async () => {
    await journal.begin(record(1));
    const size = fs.statSync(journal.path).size;
    writeSync.mockImplementationOnce((fd: number, data: Buffer) => {
      fs.appendFileSync(fd, data.subarray(0, 10));
      return 10;
    });
    writeSync.mockImplementationOnce(() => {
      throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    });
    await expect(journal.begin(record(2))).rejects.toMatchObject({
      code: "io",
      message: expect.stringContaining("ENOSPC"),
    });
    expect(fs.statSync(journal.path).size).toBe(size);
    expect([...journal.attachments.keys()]).toEqual(["c1:eth0"]);
    expect(journal.problem).toBeNull();
    await journal.begin(record(2));
    await journal.close();
    journal = await Journal.open(dir, { warn: () => {} });
    expect([...journal.attachments.keys()]).toEqual(["c1:eth0", "c2:eth0"]);
  });

  it("refuses everything after a failed fdatasync: what the disk has is unknown", async () => {
    fdatasync.mockImplementationOnce((_fd, done) => done(new Error("EIO: i/o error")));
    await expect(journal.begin(record(1))).rejects.toThrow("is not reliable any more: EIO");
    await expect(journal.begin(record(2))).rejects.toThrow("restart the agent");
    expect(journal.problem).toContain("is not reliable any more");
  });
});
