/** In an emulated guest everything takes about ten times as long, and so may every wait. */
const FACTOR = process.env["MILLRACE_GUEST"] === undefined ? 1 : 10;

/** A limit for this machine. @param ms what an ordinary one needs */
export const atOurPace = (ms: number): number => ms * FACTOR;
