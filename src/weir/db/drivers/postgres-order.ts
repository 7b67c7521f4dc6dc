import { type Deadline, DeadlineExpired } from "../deadline.ts"
import type { Statement } from "../driver.ts"
import { isUndone } from "./postgres-resend.ts"

/** How often a transaction is sent that the server undoes for the sake of others. */
const maxTries = 10
/** The longest random pause before a transaction is sent again, in ms: after its first try, and at most. */
const firstPauseMs = 40
const maxPauseMs = 1_000
/** How long writes of several rows go one after another in a table where some were undone, in ms. */
const alarmMs = 2_000
/**
 * How long a transaction waits for a row at its first try, in ms: the server would look for a deadlock after a second, and
 * undo one of those that wait for each other.
 */
const firstWaitMs = 300
/** Most rows that a transaction locks by name: the server's table of locks has a few thousand places. */
const maxLocks = 32
/** What the locks of the server are told from others by. */
const lockSpace = 1_466_263_922

/** The engine's own tables, whose rows no two requests share. */
const isOwn = (table: string): boolean => table.startsWith("weir_")

/** What a transaction must not do at once with others. */
interface Claims {
  rows: string[]
  /** Those of the rows that other processes are to be told of. */
  locks: string[]
  /** The tables in which it goes alone. `*` stands for those that a statement does not tell. */
  tables: string[]
  /** Whether others may stand in its way that claim nothing of this, by several rows that are there. */
  isRisky: boolean
}

/**
 * Lets transactions that write several rows wait for each other before they begin, where they name the same rows. Postgres
 * would find out after a second that they lock them in different orders, and undo one of them. Those that it undoes all the
 * same are sent again, and go one after another.
 */
export class WriteOrder {
  /** By the name of a row or a table: when the last transaction that claims it has ended. */
  private readonly last = new Map<string, Promise<unknown>>()
  /** Until when the writes of a table go one after another, by `performance.now()`. */
  private readonly alarms = new Map<string, number>()
  private readonly isShared: boolean

  /** `isShared`: whether requests may wait for each other, which those of a Worker may not. */
  constructor(isShared: boolean) {
    this.isShared = isShared
  }

  /**
   * Carries out statements by `work`, and again where the server has undone them for the sake of others: `work` is told so,
   * and sends their lock before them. `undone`: what the server undid them with before.
   */
  async run<T>(
    statements: Statement[],
    deadline: Deadline | undefined,
    work: (isAgain: boolean) => Promise<T>,
    undone?: unknown,
  ): Promise<T> {
    let error = undone
    for (let tries = error ? 1 : 0; ; tries++) {
      if (error) await this.pause(statements, deadline, tries)
      const claims = this.claimsOf(statements, tries > 0)
      const leave = claims && this.isShared ? await this.enter(claims, deadline) : undefined
      try {
        return await work(tries > 0)
      } catch (thrown) {
        if (!isUndone(thrown) || tries + 1 >= maxTries) throw thrown
        error = thrown
      } finally {
        leave?.()
      }
    }
  }

  /** What goes before statements that begin now, if anything must. `isHasty`: whether they wait for rows a short time only. */
  lockOf(
    statements: Statement[],
    isAgain: boolean,
    mayHaste: boolean,
  ): { lock?: Statement; isHasty: boolean } {
    const claims = this.claimsOf(statements, isAgain)
    const isHasty = mayHaste && claims?.isRisky === true && claims.tables.length === 0
    return claims && (claims.isRisky || claims.locks.length || claims.tables.length)
      ? { lock: lockOf(claims, isHasty), isHasty }
      : { isHasty }
  }

  /** Waits a while, in which others end, and has the tables written by one transaction at a time from then on. */
  private async pause(statements: Statement[], deadline: Deadline | undefined, tries: number): Promise<void> {
    const until = performance.now() + alarmMs
    for (const table of namesIn(statements).tables) this.alarms.set(table, until)
    const mostMs = Math.min(firstPauseMs * 2 ** (tries - 1), maxPauseMs)
    await new Promise((resolve) => setTimeout(resolve, Math.random() * mostMs))
    if (deadline?.expired) throw new DeadlineExpired()
  }

  /** Undefined where others need not be waited for. */
  private claimsOf(statements: Statement[], isAgain: boolean): Claims | undefined {
    // Most writes are one statement of one row.
    if (!isAgain && statements.length === 1 && (statements[0]?.claims ?? []).length < 2) return undefined
    const { rows, news, tables, isOfSeveral, isUnnamed } = namesIn(statements)
    if (!isOfSeveral && !isAgain) return undefined
    const now = performance.now()
    const alone = [...tables].filter((table) => isAgain || (this.alarms.get(table) ?? 0) > now)
    const all = new Set([...rows, ...news])
    const isRisky = rows.size > 1 || isUnnamed
    if (all.size < 2 && alone.length === 0 && !isRisky) return undefined
    // A statement more is worth its while where rows are there to be changed, or nothing else keeps the order.
    const locked = this.isShared ? rows : all
    return { rows: [...all], locks: locked.size > 1 ? [...locked] : [], tables: alone, isRisky }
  }

  /** Resolves when all that came before and claim the same have ended, to what ends this one. */
  private async enter({ rows, tables }: Claims, deadline: Deadline | undefined): Promise<() => void> {
    const names = [...rows, ...tables]
    const turn = Promise.all(new Set(names.flatMap((name) => this.last.get(name) ?? [])))
    let leave = () => {}
    const own = new Promise<void>((resolve) => (leave = resolve))
    // One that gives up does not let those behind it pass those before it.
    const end = turn.then(() => own)
    for (const name of names) this.last.set(name, end)
    void end.then(() => {
      for (const name of names) if (this.last.get(name) === end) this.last.delete(name)
    })
    try {
      await unlessExpired(turn, deadline)
    } catch (error) {
      leave()
      throw error
    }
    return leave
  }
}

/** The names of what statements say they write: rows that are there, new ones and tables. */
interface Names {
  rows: Set<string>
  news: Set<string>
  tables: Set<string>
  isOfSeveral: boolean
  /** Whether there is one that does not say which rows it changes. */
  isUnnamed: boolean
}

function namesIn(statements: Statement[]): Names {
  const rows = new Set<string>()
  const news = new Set<string>()
  const tables = new Set<string>()
  let writes = 0
  let isUnnamed = false
  for (const { change, claims = [], isRead, text } of statements) {
    const isUnknown = !change && !isRead && !/^\s*select\b/i.test(text)
    const table = change?.table ?? (isUnknown ? "*" : "")
    if (isOwn(table)) continue
    const isNew = change?.verb === "insert"
    for (const claim of claims) (isNew ? news : rows).add(`${table} ${claim}`)
    if (!table) continue
    tables.add(table)
    if (change?.row) rows.add(`${table} ${change.row.value}`)
    else if (!isNew && claims.length === 0) isUnnamed = true
    writes += Math.max(claims.length, 1)
  }
  return { rows, news, tables, isOfSeveral: writes > 1, isUnnamed }
}

function unlessExpired(turn: Promise<unknown>, deadline: Deadline | undefined): Promise<unknown> {
  if (!deadline) return turn
  return new Promise((resolve, reject) => {
    const release = deadline.onExpire(() => reject(new DeadlineExpired()))
    void turn.then(() => {
      release()
      resolve(undefined)
    })
  })
}

/**
 * The statement that has a transaction wait for those of other processes: all take their locks in one order. Where it is
 * hasty, its waits are short from then on.
 */
function lockOf({ locks, tables }: Claims, isHasty: boolean): Statement {
  const names = locks.length > maxLocks ? tables : [...locks, ...tables]
  const numbers = [...new Set(names.map(hashOf))].sort((a, b) => a - b)
  const lock = `select pg_advisory_xact_lock(${lockSpace}, lock) from unnest($1::text::integer[]) lock`
  const haste = `select set_config('lock_timeout', '${firstWaitMs}', true) from (select count(*) from locked) locked`
  return {
    text: isHasty ? `with locked as materialized (${lock}) ${haste}` : lock,
    params: [`{${numbers}}`],
  }
}

/** A number of 32 bits for a text (FNV-1a). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash | 0
}
