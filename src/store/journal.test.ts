import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Journal } from "./journal.ts";
import { type AttachmentRecord, attachmentKey, type StoredAttachment } from "./records.ts";
import { replay } from "./replay.ts";

let dir: string;
let warnings: string[];
const opened: Journal[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mr-journal-"));
  warnings = [];
});

afterEach(async () => {
  for (const journal of opened.splice(0)) await journal.close().catch(() => {});
  rmSync(dir, { recursive: true, force: true });
});

async function open(compactBytes?: number): Promise<Journal> {
  const warn = (message: string) => warnings.push(message);
  const journal = await Journal.open(
    dir,
    compactBytes === undefined ? { warn } : { warn, compactBytes },
  );
  opened.push(journal);
  return journal;
}

async function close(journal: Journal): Promise<void> {
  opened.splice(opened.indexOf(journal), 1);
  await journal.close();
}

const path = () => join(dir, "journal.jsonl");

function record(n: number): AttachmentRecord {
  return {
    containerId: `container-${n}`,
    ifname: "eth0",
    network: "blue",
    netns: "/run/netns/müller",
    hostName: `mr${n}`,
    hostMac: "02:00:00:00:00:01",
    podMac: "02:00:00:00:00:02",
    mtu: 1500,
    addresses: [{ address: `10.1.0.${n}/32`, gateway: "10.1.0.1" }],
    routes: [],
    alias: "",
    createdAt: "2026-01-01T00:00:00.000Z",
    bootId: "boot",
    pod: null,
  };
}

const keyOf = (one: AttachmentRecord) => attachmentKey(one.containerId, one.ifname);
const stateOf = (journal: Journal): StoredAttachment[] =>
  structuredClone([...journal.attachments.values()]);

describe("a journal", () => {
  it("is empty when new and remembers every state after it is opened again", async () => {
    const journal = await open();
    expect(journal.attachments.size).toBe(0);
    const [a, b, c, d] = [record(1), record(2), record(3), record(4)];
    for (const one of [a, b, c, d]) await journal.begin(one);
    journal.step(a, "createVeth");
    await journal.commit(b);
    await journal.commit(c);
    await journal.removing(c);
    await journal.removing(d);
    await journal.removed(d);
    const before = stateOf(journal);
    await close(journal);

    const again = await open();
    expect(stateOf(again)).toEqual(before);
    expect(before.map(({ state }) => state)).toEqual(["intent", "attached", "removing"]);
    expect(again.attachments.get(keyOf(a))?.steps).toEqual(["createVeth"]);
    expect(warnings).toEqual([]);
  });

  it("shows a change at once, before the disk has it", async () => {
    const journal = await open();
    const promise = journal.begin(record(1));
    expect(journal.attachments.size).toBe(1);
    await promise;
  });

  it("refuses what cannot follow, and neither state nor file change", async () => {
    const journal = await open();
    await journal.begin(record(1));
    const size = statSync(path()).size;
    await expect(journal.begin(record(1))).rejects.toThrow("container-1:eth0 exists already");
    await expect(journal.commit(record(2))).rejects.toThrow("which does not exist");
    await journal.removing(record(1));
    await expect(journal.commit(record(1))).rejects.toThrow("in state removing");
    expect(() => journal.step(record(1), "x")).toThrow("in state removing");
    expect(journal.attachments.size).toBe(1);
    expect(statSync(path()).size).toBeGreaterThan(size);
    await close(journal);
    expect((await open()).attachments.size).toBe(1);
  });

  it("drops a torn last line with a warning and goes on after it", async () => {
    const journal = await open();
    await journal.begin(record(1));
    await close(journal);
    appendFileSync(path(), '12345678 {"event":"commit","key":"conta');
    const again = await open();
    expect(warnings).toEqual([`${path()}: the last line was not written to its end; dropped`]);
    await again.commit(record(1));
    await close(again);
    expect(stateOf(await open()).map(({ state }) => state)).toEqual(["attached"]);
    expect(warnings).toHaveLength(1);
  });

  it("names file, line and remedy when a line in the middle is damaged, and changes nothing", async () => {
    const journal = await open();
    await journal.begin(record(1));
    await journal.begin(record(2));
    await close(journal);
    const text = readFileSync(path(), "utf8").replace("container-1", "container-9");
    writeFileSync(path(), text);
    await expect(open()).rejects.toMatchObject({
      code: "corrupt",
      message: expect.stringMatching(
        /journal\.jsonl: line 2 cannot be used: its checksum.*delete line 2/,
      ),
    });
    expect(readFileSync(path(), "utf8")).toBe(text);
  });

  it("refuses a journal of another version", async () => {
    const { encodeEvent } = await import("./event.ts");
    writeFileSync(path(), encodeEvent({ event: "journal", version: 99 }));
    await expect(open()).rejects.toThrow("line 1 cannot be used: it is of version 99");
  });

  it("replaces old lines by a snapshot when it has grown, also while others write", async () => {
    const journal = await open(8192);
    const kept = [record(1), record(2)];
    for (const one of kept) await journal.begin(one);
    journal.step(record(1), "createVeth");
    await journal.commit(record(2));
    const churn = async (n: number) => {
      await journal.begin(record(n));
      journal.step(record(n), "createVeth");
      await journal.removing(record(n));
      await journal.removed(record(n));
    };
    for (let round = 0; round < 20; round++) {
      await Promise.all([10, 11, 12, 13].map(churn));
    }
    expect(statSync(path()).size).toBeLessThan(8192 + 4096);
    expect(existsSync(`${path()}.new`)).toBe(false);
    const before = stateOf(journal);
    await close(journal);
    expect(stateOf(await open())).toEqual(before);
  });

  it("ignores a snapshot that a crash left unfinished", async () => {
    const journal = await open();
    await journal.begin(record(1));
    await close(journal);
    writeFileSync(`${path()}.new`, "half a snap");
    expect((await open()).attachments.size).toBe(1);
    expect(existsSync(`${path()}.new`)).toBe(false);
  });

  it("says so when the directory cannot be used", async () => {
    rmSync(dir, { recursive: true });
    writeFileSync(dir, "a file in the way");
    await expect(open()).rejects.toThrow(/EEXIST|ENOTDIR/);
    rmSync(dir);
    mkdirSync(dir);
  });
});

describe("a journal cut off anywhere", () => {
  const act = fc.record({
    kind: fc.constantFrom("begin", "step", "commit", "removing", "removed"),
    n: fc.integer({ min: 1, max: 4 }),
  });

  it("replays to the state after one of its whole lines, at every byte", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
        rmSync(path(), { force: true });
        const journal = await open(1 << 30);
        // The state after each line, by the size the file then has.
        const states = new Map([[statSync(path()).size, stateOf(journal)]]);
        for (const { kind, n } of acts) {
          try {
            if (kind === "step") journal.step(record(n), "createVeth");
            else await journal[kind](record(n));
          } catch {
            continue;
          }
          states.set(statSync(path()).size, stateOf(journal));
        }
        await close(journal);
        const data = readFileSync(path());
        let expected: StoredAttachment[] = [];
        for (let length = 0; length <= data.length; length++) {
          expected = states.get(length) ?? expected;
          const result = replay(data.subarray(0, length), "j");
          expect(result.goodBytes + result.tornBytes).toBe(length);
          if (result.attachments.size !== expected.length || states.has(length)) {
            expect([...result.attachments.values()]).toEqual(expected);
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  it("never takes a flipped bit for good, whichever it is", async () => {
    const journal = await open();
    for (const n of [1, 2, 3]) await journal.begin(record(n));
    const before = stateOf(journal);
    await close(journal);
    const data = readFileSync(path());
    for (let bit = 0; bit < data.length * 8; bit++) {
      const damaged = Buffer.from(data);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      let result: StoredAttachment[];
      try {
        result = [...replay(damaged, "j").attachments.values()];
      } catch (error) {
        expect(error).toMatchObject({ code: "corrupt" });
        continue;
      }
      // Only the last line can be lost without an error.
      expect(result, `bit ${bit}`).toEqual(before.slice(0, 2));
    }
  });
});
