/** A block of code in a document. */
export interface Block {
  /** What it says behind its fence; empty when nothing. */
  readonly language: string;
  readonly text: string;
}

const BLOCK = /^```(\w*)\n([^]*?)\n```$/gm;

/** The blocks of code of a document, in its order. */
export function blocksOf(document: string): readonly Block[] {
  return [...document.matchAll(BLOCK)].map(([, language = "", text = ""]) => ({ language, text }));
}
