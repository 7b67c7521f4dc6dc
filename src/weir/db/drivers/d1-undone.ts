import type { Row, Statement } from "../driver.ts"
import { unrehearsedCode } from "../errors.ts"
import type { D1Binding, D1Prepared } from "./d1.ts"

/** Most bytes of what statements that are undone may return together: it travels in the text of an error. */
const maxToldBytes = 500_000

const table = "weir_rehearsal"

/** The columns of reads, by their text. */
const columns = new Map<string, string[]>()

/**
 * Runs statements as one transaction that fails at its end. D1 has no rollback, and tells nothing of statements before one
 * that fails but its error: what they return is kept in a table, which is undone with them, and is the text of that error.
 */
export async function undone(
  binding: D1Binding,
  prepare: (statement: Statement) => D1Prepared,
  statements: Statement[],
): Promise<Row[][]> {
  // Without a rowid: last_insert_rowid() stays what it was.
  const all = [
    binding.prepare(
      `create table ${table}(n integer, i integer, row text, primary key (n, i)) without rowid`,
    ),
  ]
  for (const [n, statement] of statements.entries()) {
    if (isRead(statement)) {
      all.push(await keeping(binding, n, statement))
      continue
    }
    const { returned, text } = statement
    if (!returned && /\breturning\b/i.test(text))
      throw new Unrehearsed("of a write of its own, D1 does not tell what it has returned")
    all.push(prepare(statement))
    if (!returned) continue
    // It inserts as many rows as the write: changes() stays what it was.
    all.push(await keeping(binding, n, returned()))
  }
  all.push(binding.prepare(telling))
  try {
    await binding.batch(all)
  } catch (error) {
    return rowsIn(error, statements)
  }
  throw new Error("A statement that must fail did not")
}

const isRead = ({ text, isRead, single, change }: Statement): boolean =>
  isRead === true || single === true || (change === undefined && /^\s*(select|with)\b/i.test(text))

/** Keeps the rows of a read as those of statement `n`. */
async function keeping(binding: D1Binding, n: number, read: Statement): Promise<D1Prepared> {
  const { text, params } = read
  const names = (await columnsOf(binding, read)).map((_, i) => `"c${i}"`).join(", ")
  return binding
    .prepare(
      `with "@told"(${names}) as (${text}) insert into ${table} select ${n}, row_number() over (), json_array(${names}) from "@told"`,
    )
    .bind(...params)
}

async function columnsOf(binding: D1Binding, { text, params }: Statement): Promise<string[]> {
  const known = columns.get(text)
  if (known) return known
  const [names = []] = await binding
    .prepare(`select * from (${text}) limit 0`)
    .bind(...params)
    .raw({ columnNames: true })
  if (columns.size >= 500) columns.clear()
  columns.set(text, names as string[])
  return names as string[]
}

const telling = `select json_extract('{}', case when length(cast(told as blob)) > ${maxToldBytes} then 'weir_untold ' else 'weir_told ' || hex(told) end) from (select json_group_array(json_array(n, json(row))) as told from ${table})`

/** The rows of each statement, from the error that ended them. */
function rowsIn(error: unknown, statements: Statement[]): Row[][] {
  const message = String((error as Error).message)
  if (message.includes("weir_untold ")) throw new Unrehearsed("its answer is too long for D1")
  const hex = /weir_told ([0-9A-F]*)/.exec(message)?.[1]
  if (hex === undefined) throw error
  const bytes = new Uint8Array(hex.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)
  const told = Map.groupBy(JSON.parse(new TextDecoder().decode(bytes)) as [number, Row][], ([n]) => n)
  return statements.map(({ header, text }, n) => {
    const rows = (told.get(n) ?? []).map(([, row]) => row)
    return header ? [columns.get(text) ?? [], ...rows] : rows
  })
}

class Unrehearsed extends Error {
  readonly code = unrehearsedCode
}
