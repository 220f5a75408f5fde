import type { Session } from "../commands/session.ts";

/**
 * Says that something is not measured, and notes it in the result.
 * @param what a variant, or "SCENARIO: VARIANT"
 */
export function leaveOut({ draft, live }: Session, what: string, reason: string): null {
  draft.note(leftOutText(what, reason));
  live.say(`  ${leftOutText(what, reason)}`);
  return null;
}

function leftOutText(what: string, reason: string): string {
  return `${what} left out: ${reason}`;
}

/** Why a variant was left out, and of which scenario where it was not of all. */
export interface LeftOut {
  scenario: string | undefined;
  reason: string;
}

/** What the notes of a result say of a variant. */
export function leftOut(notes: readonly string[], name: string): LeftOut[] {
  const said = new RegExp(`^(?:(\\S+): )?${leftOutText(name, "(.*)")}$`, "s");
  return notes.flatMap((note) => {
    const [, scenario, reason] = said.exec(note) ?? [];
    return reason === undefined ? [] : [{ scenario, reason: reason.replaceAll(/\s+/g, " ") }];
  });
}
