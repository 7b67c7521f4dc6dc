import { eachMember, skipSpace } from "./json-text.ts"

/** Names of members, each with those that are asked of its own object: none for the member as a whole. */
export type MemberNames = ReadonlyMap<string, MemberNames>

/**
 * An object of the members that are named, in that order, their values as the text has them. A member of whose own object
 * nothing is there is left out, unless it `stays`; a value that is no object has no members.
 */
export function onlyMembers(
  text: string,
  names: MemberNames,
  stays: (name: string) => boolean = () => false,
): string {
  const values = new Map<string, string>()
  eachMember(text, skipSpace(text, 0), (name, from, end) => values.set(name, text.slice(from, end)))
  const members: string[] = []
  for (const [name, inner] of names) {
    const value = values.get(name)
    const part = value !== undefined && inner.size ? onlyMembers(value, inner) : value
    if (part !== undefined && (part !== nothing || inner.size === 0 || stays(name)))
      members.push(`${JSON.stringify(name)}:${part}`)
  }
  return `{${members.join()}}`
}

const nothing = "{}"
