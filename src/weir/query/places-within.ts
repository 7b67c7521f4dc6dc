import type { Place, Step } from "./place.ts"

/** Members of JSON that an answer has of a field: each whole, or of it again some members. */
export interface PlacesWithin {
  step: Step
  name: string
  /** None where the member is whole. */
  members: PlacesWithin[]
}

/** Adds a place to those of a field. A member that is there whole already, or comes whole, has its parts as well. */
export function addPlace(places: PlacesWithin[], names: readonly string[], steps: readonly Step[]): void {
  const [name, ...rest] = names
  const [step, ...further] = steps
  if (name === undefined || step === undefined) return
  const known = places.find((place) => place.name === name)
  if (!known) {
    const members: PlacesWithin[] = []
    addPlace(members, rest, further)
    places.push({ step, name, members })
    return
  }
  if (known.members.length === 0) return
  if (rest.length === 0) known.members = []
  else addPlace(known.members, rest, further)
}

/** Most members on the way to one that an answer has: what holds them nests in the statement. */
const maxDepth = 8

/** Whether a place names members alone, of the row itself: what an answer can have by name. */
export const isOfMembers = (place: Place): place is Place & { members: string[] | undefined } => {
  const { through, members = [] } = place
  return (
    through.length === 0 &&
    members.length <= maxDepth &&
    members.every((member) => typeof member === "string")
  )
}
