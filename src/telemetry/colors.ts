import picocolors from "picocolors";

const { FORCE_COLOR, NO_COLOR } = process.env;
const { stdout } = process;

/**
 * Colours for a terminal that can show them; NO_COLOR forbids and FORCE_COLOR demands them. A pipe
 * gets none, also where CI is set (picocolors would): programs read what comes out of it.
 */
export const colors = picocolors.createColors(
  !NO_COLOR && (FORCE_COLOR !== undefined || (stdout.isTTY === true && stdout.hasColors())),
);
