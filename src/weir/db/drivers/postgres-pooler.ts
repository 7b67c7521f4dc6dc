/** What a URL may say of the pooler in front of its server, by the parameter `pooler`. */
export const poolerModes = ["session", "transaction"] as const

export type PoolerMode = (typeof poolerModes)[number]

/** The query by which a new connection is checked. */
export const findings = "select pg_backend_pid(), current_setting('statement_timeout')"

/** What a new connection tells. */
export interface Findings {
  /** The process id that the connection was opened with. */
  openedWith: number
  /** The id of the process that answers on it. */
  answeredBy: number
  /** Whether the process limits the time of a statement. */
  hasTimeout: boolean
}

/** What each connection to a database is, as far as it is known: all pools of one database share it. */
export class Pooler {
  /**
   * Whether a connection is one session of the server. Only then may statements have names, and be pipelined. False
   * until it is known.
   */
  keepsSession: boolean
  /**
   * Whether the server takes all settings when a connection is opened, `statement_timeout` among them. Otherwise
   * transactions set that one.
   */
  takesSettings: boolean
  private isKnown: boolean
  private isDirect = false
  /** Whether each new connection must answer before it is used, also once the kind of connection is known. */
  private readonly checksAll: boolean
  private readonly label: string

  /** `direct` means that nothing need be found out. */
  constructor(
    mode: PoolerMode | "direct" | undefined,
    { checksAll, label }: { checksAll: boolean; label: string },
  ) {
    this.isKnown = mode !== undefined
    this.keepsSession = mode === "session" || mode === "direct"
    // A transaction pooler would have to set them for each transaction.
    this.takesSettings = mode !== "transaction"
    this.checksAll = checksAll && mode !== "transaction" && mode !== "direct"
    this.label = label
  }

  /** Whether a new connection must answer before it is used: a pooler keeps one waiting while all of its own are taken. */
  get checks(): boolean {
    return !this.isKnown || (this.checksAll && !this.isDirect)
  }

  /** Learns from a new connection. A pooler hands out process ids of its own. */
  learn({ openedWith, answeredBy, hasTimeout }: Findings): void {
    if (!hasTimeout) this.takesSettings = false
    if (this.isKnown) return
    this.isKnown = true
    this.isDirect = openedWith === answeredBy
    this.keepsSession = this.isDirect
    if (!this.isDirect)
      console.warn(
        `${this.label} is behind a pooler: statements are neither prepared nor pipelined. Add ?pooler=session to DATABASE_URL if it keeps a session for each connection, else ?pooler=transaction`,
      )
  }

  /** A prepared statement was missing, or there already: another session answered. */
  distrust(): void {
    if (this.isKnown && !this.keepsSession) return
    this.isKnown = true
    this.isDirect = false
    this.keepsSession = false
    console.warn(
      `${this.label} lost a prepared statement: a pooler must be in front of it. Statements are neither prepared nor pipelined from now on; add ?pooler=transaction to DATABASE_URL`,
    )
  }

  /** The server refused a setting when a connection was opened. */
  refuseSettings(): void {
    if (!this.takesSettings) return
    this.takesSettings = false
    console.warn(
      `${this.label} takes no statement_timeout when a connection is opened: it is set in each transaction, and other statements are cancelled when their request's time is up`,
    )
  }
}
