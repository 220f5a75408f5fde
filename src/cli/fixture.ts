import { stripVTControlCharacters } from "node:util";

/** Lines of what a command prints, without colours, runs of spaces made one. */
export function lines(text: string): string[] {
  return stripVTControlCharacters(text)
    .trimEnd()
    .split("\n")
    .map((line) => line.trim().replaceAll(/ +/g, " "));
}
