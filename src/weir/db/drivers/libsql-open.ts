import Sqlite from "libsql"

/** How long other processes' writes are waited for, in milliseconds, before a write is refused as busy. */
export const patience = 5_000

/** Opens or makes a database file. Throws one line that names what is wrong. */
export function openFile(path: string): Sqlite.Database {
  try {
    // The engine's own busy wait blocks the event loop; ours does not.
    const db = new Sqlite(path, { timeout: 0.005 } as Sqlite.Options)
    useWal(db)
    db.exec("pragma synchronous = full; pragma foreign_keys = on; pragma cache_size = -65536")
    return db
  } catch (error) {
    throw new Error(`DATABASE_URL: cannot open ${path}: ${(error as Error).message}`)
  }
}

/** A fresh file is set to WAL by one process alone; the engine refuses the others at once, so that they ask again. */
function useWal(db: Sqlite.Database): void {
  const until = performance.now() + patience
  for (;;) {
    try {
      db.exec("pragma journal_mode = wal")
      return
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error
      // Nothing runs yet that this could hold up.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1 + Math.random() * 10)
    }
  }
}

/** Whether another process was in the way: it may be tried again. */
export const isBusy = (error: unknown): boolean =>
  String((error as { code?: unknown }).code ?? "").startsWith("SQLITE_BUSY")
