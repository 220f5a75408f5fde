import { InvalidArgumentError } from "commander";

/** A parser of options that take an integer. */
export function integerOption(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`accepted: an integer from ${min} to ${max}.`);
  };
}
