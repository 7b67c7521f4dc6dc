import { makeDatabase } from "../databases.ts"
import type { Dialect } from "../routes.ts"
import { signIn, startServer } from "../servers.ts"
import { type Compared, compareSides } from "./compare.ts"
import { type Comparison, comparisons, pagedLists, pagesBar, searches } from "./comparisons.ts"
import { Connection } from "./connection.ts"
import { fill, rowCount } from "./rows.ts"

type Effort = { seconds: number; rounds: number }

/** A page this many rows before the end is the one near it. */
const beforeEnd = 300

/** On a busy machine, groups of all rows may take longer than a request may by default. */
const patience = { QUERY_TIMEOUT_MS: "60000", REQUEST_TIMEOUT_MS: "60000" }

/**
 * Measures documents beside rows, pages by cursor, groups, trees and writes, over 1,000,000 rows and as many documents:
 * with one connection, without the cache, by the median time of a request.
 */
export async function benchDocuments(dialect: Dialect, effort: Effort): Promise<void> {
  await measure(await makeDatabase(dialect, fill), dialect, effort)
}

async function measure(url: string, dialect: Dialect, effort: Effort): Promise<void> {
  const product = await startServer("documents", url, { CACHE: "off", ...patience })
  const floor = await startServer("statements", url, patience)
  const on = await Connection.open(product, await signIn(product))
  const byHand = await Connection.open(floor)
  console.log(
    `\n${dialect === "sqlite" ? "SQLite, a file" : "Postgres"}: 1,000,000 rows and documents, p50 in µs`,
  )
  const compare = async ({ label, bar, own, other }: Comparison) => {
    const beside =
      typeof other === "string"
        ? { on: byHand, request: () => ({ method: "GET" as const, path: `/${other}` }) }
        : { on, request: other }
    say(label, await compareSides({ on, request: own }, beside, effort), bar)
  }
  for (const one of comparisons.besideItems) await compare(one)
  for (const list of pagedLists) {
    const [first, last] = [await nextOf(on, list), await nextOf(on, `${list}&skip=${rowCount - beforeEnd}`)]
    const page = (path: string) => ({ on, request: () => ({ method: "GET" as const, path }) })
    say(`near the end of ${list}`, await compareSides(page(last), page(first), effort), pagesBar)
  }
  for (const { label, barMs, request } of searches) {
    const one = { on, request: () => ({ method: "GET" as const, path: "/items/1" }) }
    const { own } = await compareSides({ on, request }, one, effort)
    const verdict = barMs === undefined ? "" : ` (bar ${barMs} ms) ${own <= barMs * 1000 ? "ok" : "MISSED"}`
    console.log(`${label.padEnd(50)}${Math.round(own).toLocaleString("en").padStart(11)}${verdict}`)
  }
  for (const one of [...comparisons.besideStatements, ...comparisons.writes]) await compare(one)
  on.close()
  byHand.close()
}

/** The page that a page links to as the next. */
async function nextOf(on: Connection, path: string): Promise<string> {
  const { head } = await on.send({ method: "GET", path })
  const next = /<([^>]*)>; rel="next"/.exec(head)?.[1]
  if (next === undefined) throw new Error(`${path} has no next page:\n${head}`)
  return next
}

function say(label: string, { own, other, ratio }: Compared, bar: number | undefined): void {
  const time = (micros: number) => Math.round(micros).toLocaleString("en").padStart(11)
  const verdict = bar === undefined ? "" : ` (bar ${bar.toFixed(2)}) ${ratio <= bar ? "ok" : "MISSED"}`
  console.log(`${label.padEnd(50)}${time(own)}${time(other)}  ${ratio.toFixed(2)}${verdict}`)
}
