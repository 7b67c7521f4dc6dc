import { Pace } from "../lib/pace.ts"
import { type FieldIssue, Problem } from "../problem.ts"

/** Most entries of a problem's `errors`. */
const maxIssues = 1_000

/**
 * Runs a check of each row of an input, `prefix` being its place in the body, and lets other requests have their turn
 * between them. Throws what the check of a single row throws, and of an array one problem with what is wrong with each row.
 */
export async function eachRow<I, O>(
  rows: readonly I[],
  many: boolean,
  check: (row: I, prefix: string[]) => O | Promise<O>,
): Promise<O[]> {
  // Most writes are of one row: they have nothing to wait for.
  const [only] = rows
  if (!many && only !== undefined && rows.length === 1) return [await check(only, [])]
  const pace = new Pace(8)
  const results: O[] = []
  const problems: Problem[] = []
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as I
    try {
      const result = check(row, many ? [String(i)] : [])
      results.push(result instanceof Promise ? await result : result)
    } catch (error) {
      if (!many || !(error instanceof Problem)) throw error
      problems.push(error.issues ? error : withPlace(error, String(i)))
    }
    if (pace.isOver()) await pace.rest()
  }
  if (problems.length) throw together(problems)
  return results
}

const withPlace = ({ code, message, headers, status, cause }: Problem, path: string): Problem =>
  new Problem(code, message, { issues: [{ path, message, code }], headers, status, cause })

/** What is wrong with rows of one array: what is said of the first of them, or of a given one, and the issues of all. */
export function together(problems: Problem[], first = problems[0] as Problem): Problem {
  if (problems.length === 1) return first
  const issues = problems.flatMap((problem): FieldIssue[] => problem.issues ?? [])
  const { code, message, headers, status, members = {}, cause } = first
  const more =
    issues.length > maxIssues ? `; of ${issues.length} errors, the first ${maxIssues} are here` : ""
  return new Problem(code, message + more, {
    issues: issues.slice(0, maxIssues),
    headers,
    status,
    members,
    cause,
  })
}
