import { join } from "node:path";
import { encodeEvent } from "../../src/store/event.ts";
import { Journal } from "../../src/store/journal.ts";
import { JournalFile } from "../../src/store/journal-file.ts";
import { attachmentKey } from "../../src/store/records.ts";
import type { MicroCase } from "./case.ts";
import { makeRecord } from "./records.ts";

const record = makeRecord(2);
const steps = ["createVeth", "configurePod", "addPort", "addRoutes"];

export const journalAppend: MicroCase = {
  name: "micro-journal-append",
  what: "one step of an attachment appended to the journal, not waiting for the disk",
  prepare(scope) {
    const file = JournalFile.open(join(scope.dir, "append.jsonl"));
    scope.cleanup.defer(() => file.close());
    file.startAppending(0);
    const key = attachmentKey(record.containerId, record.ifname);
    return () => file.append(encodeEvent({ event: "step", key, step: "addPort" }));
  },
};

export const journalAttachment: MicroCase = {
  name: "micro-journal-attachment",
  what: "the whole life of one attachment journalled: begin to removed, four waits for the disk",
  async prepare(scope) {
    const warn = (message: string) => console.error(message);
    const journal = await Journal.open(join(scope.dir, "journal"), { warn });
    scope.cleanup.defer(() => journal.close());
    return async () => {
      await journal.begin(record);
      for (const step of steps) journal.step(record, step);
      await journal.commit(record);
      await journal.removing(record);
      await journal.removed(record);
    };
  },
};
