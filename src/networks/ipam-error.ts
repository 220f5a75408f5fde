/** refused: an address asked for is not to be had; exhausted: none is left. */
export class IpamError extends Error {
  readonly code: "refused" | "exhausted";

  constructor(code: IpamError["code"], message: string) {
    super(message);
    this.name = "IpamError";
    this.code = code;
  }
}
