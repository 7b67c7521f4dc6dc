import { type DocumentRules, defaultDocumentBytes, documentRow } from "../documents/input.ts"
import type { DocumentIssue } from "../documents/validator.ts"
import { type FieldIssue, invalid } from "../problem.ts"
import type { Resource } from "../resource/resource.ts"
import type { Call } from "./call.ts"

/** Most bytes of a document, as the call has it. */
export const documentBytes = ({ limits }: Pick<Call, "limits">): number =>
  limits.documentBytes ?? defaultDocumentBytes

/** Entries of a problem's `errors`. */
export const fieldIssues = (issues: DocumentIssue[], prefix: string[] = []): FieldIssue[] =>
  issues.map(({ path, message, code }) => ({
    path: [...prefix, ...path].join(".") || "body",
    message,
    code,
  }))

/** A document as a row of its table, or a 422 that names every place where something is wrong. */
export function documentInput(
  call: Pick<Call, "limits">,
  resource: Resource,
  input: unknown,
  prefix: string[] = [],
  rules: Omit<DocumentRules, "maxBytes"> = {},
): Record<string, unknown> {
  if (input instanceof DocumentRow) return input.row
  const { row, issues } = documentRow(resource, input, { ...rules, maxBytes: documentBytes(call) })
  if (issues.length) throw invalid("The body is not valid", fieldIssues(issues, prefix))
  return row
}

/** A document that has been read. */
export class DocumentRow {
  readonly row: Record<string, unknown>
  constructor(row: Record<string, unknown>) {
    this.row = row
  }
}
