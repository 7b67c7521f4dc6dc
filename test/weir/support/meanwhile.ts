import type { Database } from "../../../src/weir/db/driver.ts"

/**
 * Has something happen once, right before a database is sent a transaction with such a statement: what another request does
 * at the worst moment. Answers whether it has happened.
 */
export function meanwhile(
  database: Database,
  statement: RegExp,
  work: () => Promise<unknown>,
): () => boolean {
  const connect = database.connect.bind(database)
  let done = false
  database.connect = (...given) => {
    const client = connect(...given)
    const batch = client.batch.bind(client)
    client.batch = async (statements) => {
      if (!done && statements.some(({ text }) => statement.test(text))) {
        done = true
        await work()
      }
      return batch(statements)
    }
    return client
  }
  return () => done
}
