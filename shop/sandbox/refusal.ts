/** A request that was refused: nothing happened. Answered as `{"error":{"code","message"}}`; README.md lists the codes. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.code = code;
  }
}
