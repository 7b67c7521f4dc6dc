import { type SQL, sql } from "drizzle-orm"
import { type JsonPlace, objectOf } from "../db/dialect/json-path.ts"
import type { Step } from "../query/place.ts"
import type { PlacesWithin } from "../query/places-within.ts"
import type { Field } from "../resource/resource.ts"
import { bound } from "./plan.ts"
import { placeOf } from "./where.ts"

/** The members of a field's JSON that an answer has, as an object; what is missing is left out. */
export const membersOf = (field: Field, column: SQL, places: PlacesWithin[]): SQL =>
  objectOf(places.map((place) => memberOf(field, column, place, [])))

type Member = [name: SQL, place: Pick<JsonPlace, "exists" | "json">]

function memberOf(field: Field, column: SQL, { step, name, members }: PlacesWithin, above: Step[]): Member {
  const steps = [...above, step]
  const key = typeof step === "object" ? bound(step.param) : sql.raw(`'${name}'`)
  if (members.length === 0) return [key, placeOf(field, column, steps)]
  const inner = members.map((one) => memberOf(field, column, one, steps))
  const exists = sql`(${sql.join(
    inner.map(([, place]) => place.exists),
    sql` or `,
  )})`
  return [key, { exists, json: objectOf(inner) }]
}
