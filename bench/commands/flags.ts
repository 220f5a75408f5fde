import { InvalidArgumentError } from "commander";
import { parseSizes, rfc2544Sizes } from "../frames/sizes.ts";
import type { SizeShare } from "../frames/types.ts";

/** Parsers of option values: they refuse with what is accepted. */
export const numberFlag =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+(\.\d+)?$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`accepted: a number from ${least} to ${most}.`);
  };

/** Whole, and below zero too. */
export function signedFlag(text: string): number {
  if (/^-?\d{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("accepted: an integer from -9999 to 9999.");
}

/** A list of words of which each is one of `known`. */
export const wordsFlag =
  <Word extends string>(known: readonly Word[]) =>
  (text: string): Word[] => {
    const words = text.split(",");
    const wrong = words.find((word) => !known.includes(word as Word));
    if (wrong === undefined) return [...new Set(words as Word[])];
    throw new InvalidArgumentError(`no "${wrong}"; accepted: ${known.join(", ")}, with commas.`);
  };

/** "1,16,65536" */
export const integersFlag =
  (least: number, most: number) =>
  (text: string): number[] =>
    text.split(",").map((part) => {
      const value = Number(part);
      if (/^\d+$/.test(part) && value >= least && value <= most) return value;
      const what = `integers from ${least} to ${most}, with commas`;
      throw new InvalidArgumentError(`no "${part}"; accepted: ${what}.`);
    });

export function sizeFlag(text: string): readonly SizeShare[] {
  try {
    return parseSizes(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** "rfc2544", or sizes and "imix" with commas; each is a scenario of its own. */
export function sizesFlag(text: string): (readonly SizeShare[])[] {
  const words = text === "rfc2544" ? rfc2544Sizes.map(String) : text.split(",");
  return words.map(sizeFlag);
}

/** "30", "90s", "15m", "2h" in seconds. */
export function durationFlag(text: string): number {
  const [, value = "", unit = "s"] = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(text) ?? [];
  const seconds = Number(value) * { s: 1, m: 60, h: 3600, "": 1 }[unit as "s"];
  if (value !== "" && seconds > 0) return seconds;
  throw new InvalidArgumentError('accepted: a time as "90s", "15m" or "2h".');
}
