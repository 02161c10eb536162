const PLAIN = /^[ -~]+$/;

/**
 * The highest text of a set that mostly grows upwards, such as ids that rise with time: what is beyond it is surely not in
 * the set, and needs no look into the file. It says so of plain ASCII only, which JavaScript and SQLite order alike.
 */
export class Rising {
  private highest: string;

  constructor(highest: string) {
    this.highest = highest;
  }

  isBeyond(text: string): boolean {
    return text > this.highest && PLAIN.test(text);
  }

  add(text: string): void {
    if (this.isBeyond(text)) this.highest = text;
  }
}
