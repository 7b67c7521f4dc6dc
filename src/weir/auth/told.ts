import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Statement } from "../db/driver.ts"
import type { AppContext } from "../http/context.ts"
import type { Entailed } from "../operations/call.ts"
import { changeOf } from "../operations/change.ts"
import type { Values } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import { columnName, tableOf } from "../sql/columns.ts"
import { bound, compile, type Plan, planOf, withValues } from "../sql/plan.ts"
import type { AuditEventName } from "./audit.ts"
import { clientInfo } from "./client-info.ts"

/** The rows of a write: whose they are, and which. */
export interface Written {
  resource: Resource
  /** The column with the key of the account. */
  account: SQL
  where: SQL
  values: Values
  /** What tells `where` apart from others of the resource; absent where it may be any. */
  shape?: string
}

/** What the rows of a write become, where that is told. */
export interface Becoming {
  event: AuditEventName
  /** The rows are otherwise before it. Absent where they always are. */
  differs?: SQL | undefined
  /** The rows are so after it: otherwise the rules have refused the write. */
  done: SQL
  values: Values
  /** What is told of it: values, or columns of the row. */
  details?: Record<string, unknown> | undefined
  columns?: Record<string, string> | undefined
}

/** What is told of a write by. */
export interface Teller {
  c: AppContext
  audit: Resource
  /** Of every line: what the write came by. */
  details?: Record<string, unknown> | undefined
}

const names = ["event", "account", "actor", "device", "address", "request_id", "details"]

/** The plan of a statement about the rows, by its name: compiled once where their condition is one of few. */
export const planOfRows = (rows: Written, name: string, make: () => Plan): Plan =>
  rows.shape === undefined ? make() : planOf(rows.resource, `${name}:${rows.shape}`, make)

const fromOf = ({ resource, where }: Written): SQL => sql`from ${tableOf(resource)} where ${where}`

/** A line for each of the rows. On Postgres, of writes at once the others wait, and find the rows as this one leaves them. */
function line(
  { c, audit, details: all }: Teller,
  rows: Written,
  { event, differs, details, columns, values }: Omit<Becoming, "done">,
  request: string,
): Statement {
  const told = planOfRows(rows, `told:${event}`, () => {
    const text = (name: string) => sql`cast(${bound(name)} as text)`
    const account = sql`cast(${rows.account} as text)`
    const json = columns
      ? expressions.jsonObject(
          Object.entries(columns).map(([name, column]) => [name, columnName(rows.resource, column)]),
        )
      : (audit.fields.details?.type.sql.bind(bound("@details")) ?? bound("@details"))
    const list = [
      text("@event"),
      account,
      sql`coalesce(${text("@actor")}, ${account})`,
      ...["@device", "@address", "@request"].map(text),
      json,
    ]
    return compile(
      sql`insert into ${tableOf(audit)} (${sql.join(
        names.map((name) => columnName(audit, name)),
        sql`, `,
      )}) select ${sql.join(list, sql`, `)} ${fromOf(rows)}${differs ? sql` and ${differs}` : sql``}${expressions.forChange}`,
    )
  })
  const { viewer } = c.get("call")
  const { device = null, address = null } = clientInfo(c)
  const given = all || details ? JSON.stringify({ ...all, ...details }) : null
  const actor = viewer.id === undefined ? null : String(viewer.actor ?? viewer.id)
  const own = { "@event": event, "@actor": actor, "@device": device, "@address": address }
  const bounds = { ...rows.values, ...values, ...own, "@request": request, "@details": given }
  return { ...withValues(told, bounds), change: changeOf(audit, "insert") }
}

const requestOf = (c: AppContext): string => c.get("requestId").slice(0, 200)

/** The statements that tell the audit log of rows that a write has made: after it. */
export const toldOfNew = (
  teller: Teller,
  rows: Written,
  event: AuditEventName,
  details: Becoming["details"],
): Statement => line(teller, rows, { event, values: {}, details }, requestOf(teller.c))

/**
 * The statements that tell the audit log: before the write, of the rows that are otherwise; after it, of those alone that it
 * has changed. A mark of its own tells them from what was told before.
 */
export function told(teller: Teller, rows: Written, becomings: Becoming[]): Entailed {
  if (becomings.length === 0) return { before: [], after: [] }
  const { c, audit } = teller
  const mark = crypto.randomUUID()
  const column = (name: string) => columnName(audit, name)
  const moved = { ...changeOf(audit, "update"), moves: true }
  const marked = sql`${column("request_id")} = ${bound("@mark")}`
  const after = becomings.map(({ event, done, values }): Statement => {
    const untold = planOfRows(rows, `untold:${event}`, () =>
      compile(
        sql`delete from ${tableOf(audit)} where ${marked} and ${column("event")} = ${bound("@event")} and ${column("account")} in (select cast(${rows.account} as text) ${fromOf(rows)} and (${done}) is not true)`,
      ),
    )
    return {
      ...withValues(untold, { ...rows.values, ...values, "@mark": mark, "@event": event }),
      change: moved,
    }
  })
  const named = planOf(audit, "told:named", () =>
    compile(sql`update ${tableOf(audit)} set ${column("request_id")} = ${bound("@request")} where ${marked}`),
  )
  return {
    before: becomings.map((one) => line(teller, rows, one, mark)),
    after: [...after, { ...withValues(named, { "@mark": mark, "@request": requestOf(c) }), change: moved }],
  }
}
