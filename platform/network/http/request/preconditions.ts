import { headerInvalid, versionMismatch } from "../errors.ts";

const ETAG = /^(W\/)?"([\x21\x23-\x7e]*)"$/;
const VERSION = /^(0|[1-9]\d{0,15})(?:-\d{1,16})?$/;

/** The `ETag` of a version: strong, `"3"`. For a view that joins several, `"3-17"`: version and the row's revision. */
export function etag(version: number, rowRevision?: number): string {
  return rowRevision === undefined ? `"${version}"` : `"${version}-${rowRevision}"`;
}

/**
 * The version that `If-Match` names, of a joined view the version alone; undefined for `*`. Something that is no entity tag, or a list, is refused
 * (`header-invalid`); a weak or foreign tag never matches (RFC 9110, 13.1.1: `version-mismatch`).
 */
export function ifMatchVersion(header: string): number | undefined {
  const text = header.trim();
  if (text === "*") return undefined;
  const match = ETAG.exec(text);
  if (!match) throw headerInvalid('If-Match is neither * nor one entity tag such as "3"');
  const version = match[1] === undefined ? VERSION.exec(match[2] ?? "")?.[1] : undefined;
  if (version === undefined) throw versionMismatch("the entity tag in If-Match is not of this resource");
  return Number(version);
}

const TAGS = /^(?:W\/)?"[!#-~]*"(?:[ \t]*,[ \t]*(?:W\/)?"[!#-~]*")*$/;

/** The entity tags that `If-None-Match` names, without the mark of weak ones; `*` is all. Anything else is `header-invalid`. */
export function ifNoneMatchTags(header: string): "*" | readonly string[] {
  const text = header.trim();
  if (text === "*") return "*";
  if (!TAGS.test(text)) throw headerInvalid('If-None-Match is neither * nor entity tags such as "3"');
  return text.match(/"[!#-~]*"/g) ?? [];
}
