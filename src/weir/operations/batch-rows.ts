import type { Values } from "../query/query.ts"
import { isLater, type RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { keyValues } from "../sql/columns.ts"
import type { Write } from "./commit.ts"

/** What becomes of rows that the begun steps of a batch name by their keys: the database is told only when all are begun. */
export class BatchRows {
  private readonly states = new Map<string, boolean>()

  /** Whether a row is there after the steps that were begun; undefined where none of them is of its key. */
  isThere(resource: Resource, id: RowKey): boolean | undefined {
    return isLater(id) ? true : this.states.get(nameOf(resource, Object.values(keyValues(resource, id))))
  }

  note({ resource, verb, key, values, many }: Write): void {
    if (key !== undefined) {
      if (!isLater(key)) this.set(resource, Object.values(keyValues(resource, key)), verb !== "delete")
    } else if (values) this.set(resource, partsOf(resource, values), true)
    else if (many && resource.keys.every((name) => many.columns.includes(name)))
      for (const row of JSON.parse(many.list) as unknown[][])
        this.set(
          resource,
          resource.keys.map((name) => row[many.columns.indexOf(name)]),
          true,
        )
  }

  private set(resource: Resource, parts: unknown[], isThere: boolean): void {
    if (parts.length && parts.every(isKnown)) this.states.set(nameOf(resource, parts), isThere)
  }
}

const partsOf = ({ keys }: Resource, values: Values): unknown[] => keys.map((name) => values[name])

const isKnown = (part: unknown): boolean => part !== undefined && part !== null && typeof part !== "object"

const nameOf = ({ name }: Resource, parts: unknown[]): string => JSON.stringify([name, ...parts.map(String)])
