import { type SQL, sql } from "drizzle-orm"
import type { PatchedDocument, PatchSql } from "../merge-patch.ts"
import { failure } from "./sql.ts"

/** What a merge patch (RFC 7396) makes of a document. */
export function mergePatch({ column, patch }: PatchedDocument): PatchSql {
  const document = sql`json_patch(${column}, ${patch})`
  return {
    ctes: sql``,
    from: undefined,
    document,
    upTo: (maxBytes) =>
      sql`(with patched(doc) as materialized (select ${document}) select case when octet_length(doc) > ${sql.raw(String(maxBytes))} then ${failure("document", sql`doc`)} else doc end from patched)`,
  }
}

/** A merge patch as it is bound: its own text. */
export const patchValue = (text: string, _steps: string): string => text

/** The text of a document. */
export const asText = (document: SQL): SQL => document
