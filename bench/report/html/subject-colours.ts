import type { Result } from "../result.ts";

/** Classes of style.ts; Millrace has colours that nobody else gets. */
const OWN = ["own0", "own1"];
const OTHERS = ["peer0", "peer1", "peer2", "peer3", "peer4", "peer5", "peer6", "peer7"];

/** Class of each subject, the same in every plot. */
export type SubjectColours = (subject: string) => string;

export function subjectColours({ subjects }: Result): SubjectColours {
  const names = subjects.map(({ name }) => name);
  const own = names.filter(isOwn);
  const others = names.filter((name) => !isOwn(name));
  return (subject) => {
    const classes = isOwn(subject) ? OWN : OTHERS;
    const at = Math.max(0, (isOwn(subject) ? own : others).indexOf(subject));
    return classes[at % classes.length] as string;
  };
}

/** Whether it is Millrace itself, with whatever settings. */
export function isOwn(subject: string): boolean {
  return /^millrace\b/.test(subject);
}
