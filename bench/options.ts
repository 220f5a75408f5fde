import { parseArgs } from "node:util";

export const usage = `usage: npm run bench -- [NAME…] [options]
  NAME…            scenarios to run; without any, all of them
  --list           name scenarios and subjects, run nothing
  --json FILE      write the rows to FILE as well
  --rounds N       rounds per scenario (default 5; fewer are no basis for a claim)
  --seconds S      length of one traffic sample (default 1)`;

export interface BenchOptions {
  names: string[];
  list: boolean;
  json: string | null;
  rounds: number;
  seconds: number;
}

/**
 * Reads the command line.
 * @param known names of all scenarios
 * @throws Error that names the argument and what is accepted
 */
export function parseOptions(args: readonly string[], known: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      list: { type: "boolean", default: false },
      json: { type: "string" },
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "1" },
    },
  });
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Error(`scenario ${unknown} is unknown: use one of ${known.join(", ")}`);
  }
  const rounds = readNumber("rounds", values.rounds, 1, 100);
  if (!Number.isInteger(rounds)) throw new Error(`--rounds ${rounds}: expected a whole number`);
  return {
    names: positionals.length > 0 ? positionals : [...known],
    list: values.list,
    json: values.json ?? null,
    rounds,
    seconds: readNumber("seconds", values.seconds, 0.1, 30),
  };
}

function readNumber(key: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw new Error(`--${key} ${text}: expected a number from ${least} to ${most}`);
}
