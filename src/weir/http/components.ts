/** A part of an OpenAPI document, as plain JSON. */
export type Json = Record<string, unknown>

/** Stands for a part that several operations share. */
export type Reference = { $ref: string }

export type ComponentKind = "schemas" | "parameters" | "headers" | "responses"

/** What the operations of a document share, each part once and by a name: its `components`. */
export class Components {
  private readonly parts: Record<ComponentKind, Map<string, { part: Json; reference: Reference }>> = {
    schemas: new Map(),
    parameters: new Map(),
    headers: new Map(),
    responses: new Map(),
  }
  /** The references to parts that are known by what they say. */
  private readonly shared = new Map<string, Reference>()

  /** Refers to the part of that name, which its first reference makes. */
  named(kind: ComponentKind, name: string, make: () => Json): Reference {
    return this.parts[kind].get(name)?.reference ?? this.add(kind, name, make())
  }

  /** Refers to a part by what it says: equal ones are one, under the first of the names that is free. */
  shareable(kind: ComponentKind, part: Json, ...names: [string, ...string[]]): Reference {
    const text = `${kind} ${JSON.stringify(part)}`
    const known = this.shared.get(text)
    if (known) return known
    const name = freeName(names.map(plain), (one) => this.parts[kind].has(one))
    const reference = this.add(kind, name, part)
    this.shared.set(text, reference)
    return reference
  }

  /** All parts of a kind, by name. */
  all(kind: ComponentKind): Json {
    return Object.fromEntries([...this.parts[kind]].map(([name, { part }]) => [name, part]))
  }

  private add(kind: ComponentKind, name: string, part: Json): Reference {
    const reference = { $ref: `#/components/${kind}/${name}` }
    this.parts[kind].set(name, { part, reference })
    return reference
  }
}

/** The first of the names that is not taken, or else the last with a number behind it. */
export function freeName(names: readonly string[], isTaken: (name: string) => boolean): string {
  const free = names.find((name) => !isTaken(name))
  if (free !== undefined) return free
  let number = 2
  while (isTaken(`${names.at(-1)}${number}`)) number++
  return `${names.at(-1)}${number}`
}

/** A name in the characters that OpenAPI allows. */
const plain = (name: string): string => name.replace(/[^\w.-]/g, "_")
