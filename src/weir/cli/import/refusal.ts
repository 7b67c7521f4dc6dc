import { classify } from "../../db/dialect/errors.ts"
import type { Database } from "../../db/driver.ts"
import { unknownReference } from "../../operations/conflicts.ts"
import { referenceProblem } from "../../operations/refused.ts"
import { Problem } from "../../problem.ts"
import type { Values } from "../../query/query.ts"
import type { Resource } from "../../resource/resource.ts"
import { boundValue } from "../../sql/columns.ts"
import { ownValues, withValues } from "../../sql/plan.ts"
import { compileVerdicts, importRequirements } from "../../sql/requirements.ts"
import { commandCall, operator } from "../call.ts"

/** Why the database refuses a row. Which of its references names no row is looked up after the failure, as for a create. */
export async function refusalOf(
  database: Database,
  resource: Resource,
  error: unknown,
  columns: Values,
): Promise<string> {
  const call = commandCall(database)
  const unknown = classify(error)?.kind === "rule" ? await unknownNames(call, resource, columns) : []
  const problem = unknown.length
    ? unknownReference(unknown)
    : await referenceProblem(call, resource, error, columns)
  if (!(problem instanceof Problem)) throw problem
  const issues = problem.issues?.map(({ path, message }) => `${path}: ${message}`).join("; ")
  return issues || problem.message
}

/** The fields by which a row names one that an admin would not see, or that is not there. */
async function unknownNames(
  call: ReturnType<typeof commandCall>,
  resource: Resource,
  columns: Values,
): Promise<string[]> {
  const names = Object.keys(columns)
  const requirements = importRequirements(resource, names, (column) => boundValue(resource, column))
  const plan = compileVerdicts(requirements)
  const [verdicts = []] = await call.client().query(withValues(plan, { ...columns, ...ownValues(operator) }))
  return requirements.flatMap((requirement, i) =>
    requirement.of === "reference" && Number(verdicts[i]) === 0 ? requirement.columns : [],
  )
}
