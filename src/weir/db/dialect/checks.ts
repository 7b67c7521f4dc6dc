import { type FieldSpec, nameIn, specOf } from "./field.ts"

/** What a dialect's columns must hold beside their bounds: an expression, where the type alone does not keep it. */
export type FormOf = (spec: FieldSpec, column: string) => string | undefined

/** The CHECK constraints of a table's columns: names and SQL. Those of the bounds have one text on both dialects. */
export function checksOf(
  table: string,
  builders: Record<string, object>,
  formOf: FormOf = () => undefined,
): { name: string; sql: string }[] {
  return Object.entries(builders).flatMap(([property, builder]) => {
    const spec = specOf(builder)
    // A reference holds what its target holds.
    if (!spec || spec.reference) return []
    const name = nameIn(builder, property)
    const column = `"${name}"`
    const parts = [...boundsOf(spec, column), formOf(spec, column)].filter(Boolean)
    return parts.length ? [{ name: `${table}_${name}_check`, sql: parts.join(" and ") }] : []
  })
}

function boundsOf({ type, values, min, max }: FieldSpec, column: string): string[] {
  if (values) return [`${column} in (${values.map((v) => `'${v.replaceAll("'", "''")}'`).join(", ")})`]
  // Of bytes, each dialect has its own function.
  if (type === "bytes") return []
  const measured = type === "text" ? `length(${column})` : column
  const isLeast = type === "text" ? min : min !== undefined
  return [
    ...(isLeast ? [`${measured} >= ${min}`] : []),
    ...(max !== undefined ? [`${measured} <= ${max}`] : []),
  ]
}
