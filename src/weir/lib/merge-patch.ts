import { documentText, readDocument } from "./json-document.ts"

/** A step of a merge patch: what to remove from the object at that path, and the text of what to set there. */
interface PatchStep {
  path: string[]
  remove: string[]
  set: Map<string, string>
}

/** The objects of a merge patch (RFC 7396), each after the one that holds it. */
function stepsOf(members: ReadonlyMap<string, string>, path: string[] = []): PatchStep[] {
  const step: PatchStep = { path, remove: [], set: new Map() }
  const steps = [step]
  for (const [name, value] of members) {
    const inner = value.startsWith("{") ? readDocument(value) : undefined
    if (inner) steps.push(...stepsOf(inner.members, [...path, name]))
    else if (value === "null") step.remove.push(name)
    else step.set.set(name, value)
  }
  return steps
}

/** The steps of a merge patch as a JSON array of `[path, names to remove, members to set]`, and how many there are. */
export function patchSteps(members: ReadonlyMap<string, string>): { text: string; count: number } {
  const steps = stepsOf(members)
  const texts = steps.map(
    ({ path, remove, set }) => `[${JSON.stringify(path)},${JSON.stringify(remove)},${documentText(set)}]`,
  )
  return { text: `[${texts.join(",")}]`, count: steps.length }
}

type Members = Record<string, unknown>

const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** What a merge patch makes of a value (RFC 7396, 2). */
export function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const members = new Map(isObject(target) ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch))
    if (value === null) members.delete(name)
    else members.set(name, merged(members.get(name), value))
  return Object.fromEntries(members)
}
