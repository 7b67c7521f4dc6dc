import type { Api } from "../api.ts"
import { searchSql } from "../db/dialect/search.ts"
import type { Client } from "../db/driver.ts"

/** A line for each resource whose search has no index in the database. */
export async function missingSearch(client: Client, { resources }: Api): Promise<string[]> {
  const lines: string[] = []
  for (const { name, search } of resources) {
    if (!search) continue
    const rows = await client.query({ text: searchSql.count(search.index), params: [], bounded: true })
    if (Number(rows[0]?.[0]) === 0)
      lines.push(
        `${name}: there is no index for its searches, so that ${searchSql.without}: run npm run db:generate and db:migrate`,
      )
  }
  return lines
}
