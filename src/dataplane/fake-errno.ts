/** An error as the addon rejects with. */
export function errno(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
