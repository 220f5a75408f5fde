import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeResult, measured, resultOf } from "./fixture.ts";
import { readResult } from "./read.ts";
import { resultJsonSchema } from "./result.ts";
import { writeResult } from "./write.ts";

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "result-"));
  path = join(directory, "result.json");
});

afterEach(() => rm(directory, { recursive: true }));

/** The message that reading this document ends with. */
async function refusal(document: unknown): Promise<string> {
  await writeFile(path, typeof document === "string" ? document : JSON.stringify(document));
  return readResult(path).then(
    () => "read",
    ({ message }: Error) => message,
  );
}

describe("a result", () => {
  it("comes back as it was written, and nothing else is left", async () => {
    const result = resultOf([measured({ values: [1, 2, 3], placement: "CPU 1" })]);
    await writeResult(path, result);
    expect(await readResult(path)).toEqual(result);
    expect(await readdir(directory)).toEqual(["result.json"]);
  });

  it("with a value that is no number is written all the same, and complained about", async () => {
    const result = resultOf([measured({ values: [1, Number.NaN] })]);
    await expect(writeResult(path, result)).rejects.toThrow(
      /result\.json was written, and is no valid result:\n {2}measurements\[0\]\.values\[1\]: /,
    );
    expect(JSON.parse(await readFile(path, "utf8")).measurements[0].values).toEqual([1, null]);
  });

  it("that cannot be written names the file", async () => {
    await expect(writeResult(join(directory, "no", "r.json"), makeResult())).rejects.toThrow(
      /no\/r\.json cannot be written: ENOENT/,
    );
  });
});

describe("readResult", () => {
  it("names a file that is not there", async () => {
    await expect(readResult(path)).rejects.toThrow(/result\.json cannot be read: ENOENT/);
  });

  it("refuses what is no JSON", async () => {
    expect(await refusal("# no")).toMatch(
      /result\.json is no JSON: .*expected is what --json wrote/,
    );
  });

  it("refuses another format with the remedy", async () => {
    expect(await refusal({ ...makeResult(), format: 9 })).toContain(
      "format: 9 was written by another version of Millrace, this one reads 1; read it with that version",
    );
  });

  it("names the place within the file, and what is expected there", async () => {
    const bad = { ...measured({ values: [1] }), better: "faster" };
    const result = { ...resultOf([measured({ values: [1] })]), measurements: [bad] };
    expect(await refusal(result)).toMatch(/ {2}measurements\[0\]\.better: .*"higher"\|"lower"/);
    expect(await refusal({ ...makeResult(), started: "yesterday" })).toMatch(/ {2}started: .*ISO/);
  });

  it("refuses the rows of npm run bench, which are no result", async () => {
    expect(await refusal([{ scenario: "s", subject: "millrace" }])).toContain("expected object");
    expect(await refusal(null)).toContain("expected object");
  });

  it("shows the first of many complaints and counts the others", async () => {
    const many = Array.from({ length: 30 }, (_, at) => measured({ values: [1], metric: `m${at}` }));
    const message = await refusal({ ...resultOf(many), scenarios: [] });
    expect(message.split("\n")).toHaveLength(12);
    expect(message).toMatch(/\n {2}and 20 more$/);
  });

  it("refuses names that nothing explains, and what is there twice", async () => {
    const one = measured({ values: [1] });
    const result = resultOf([one]);
    expect(await refusal({ ...result, subjects: [] })).toContain(
      "measurements[0].subject: millrace is not in subjects",
    );
    expect(await refusal({ ...result, reference: "kernel" })).toContain(
      "reference: kernel is not one of the subjects",
    );
    expect(await refusal({ ...result, measurements: [one, one] })).toContain(
      "measurements[1]: throughput of millrace under route is there twice",
    );
    expect(
      await refusal({ ...result, scenarios: [...result.scenarios, { name: "route" }] }),
    ).toContain("scenarios[1]: route is there twice");
  });
});

it("the JSON Schema describes every key that is required", () => {
  const schema = resultJsonSchema() as { title: string; required: string[] };
  expect(schema.title).toBe("Millrace benchmark result, format 1");
  const { reference, measurements, machine } = makeResult();
  for (const key of Object.keys({ reference, measurements, machine })) {
    expect(schema.required).toContain(key);
  }
  expect(schema.required).not.toContain("run");
});
