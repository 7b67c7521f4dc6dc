import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import { objectAround, objectOf } from "../db/dialect/json-path.ts"
import type { Step } from "../query/place.ts"
import type { PlacesWithin } from "../query/places-within.ts"
import type { Field } from "../resource/resource.ts"
import { bound } from "./plan.ts"
import { placeOf } from "./where.ts"

/** The members of a field's JSON that an answer has, as an object; what is missing is left out. */
export const membersOf = (field: Field, column: SQL, places: PlacesWithin[]): SQL =>
  expressions.keptJson(
    sql`coalesce(${objectOf(places.map((place) => memberOf(field, column, place, [])))}, ${empty})`,
  )

const empty = sql.raw("'{}'")

function memberOf(
  field: Field,
  column: SQL,
  { step, name, members }: PlacesWithin,
  above: Step[],
): [name: SQL, json: SQL] {
  const steps = [...above, step]
  const key = typeof step === "object" ? bound(step.param) : sql.raw(`'${name}'`)
  if (members.length === 0) return [key, placeOf(field, column, steps).json]
  const [first, ...more] = members.map((one) => memberOf(field, column, one, steps))
  return [key, first && more.length === 0 ? objectAround(...first) : objectOf(first ? [first, ...more] : [])]
}
