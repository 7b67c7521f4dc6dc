import { and, sql } from "drizzle-orm"
import { readsOf, stampsOfRead } from "../cache/stamps.ts"
import type { AppContext } from "../http/context.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import type { Viewer } from "../resource/viewer.ts"
import { kindOf } from "../resource/viewer-kind.ts"
import { columnName, tableOf } from "../sql/columns.ts"
import { bound, compile, type Plan, planOf, withValues } from "../sql/plan.ts"
import { accountKey, keyIn } from "./accounts.ts"
import { isApiKey, keyHash } from "./api-key.ts"
import { lacksFactor, lacksFactorSql } from "./required-factor.ts"
import type { Touch } from "./touch.ts"
import { isUsable } from "./usable.ts"

/** The viewer of a key, or why it does not hold. */
export async function viewerOfKey(
  c: AppContext,
  accounts: Accounts,
  keys: Resource,
  text: string,
  touch: Touch,
): Promise<Viewer | string> {
  if (!isApiKey(text)) return "it is no key of this API"
  const hash = keyHash(text)
  const { cache, client } = c.get("call")
  const statement = withValues(planFor(accounts, keys), { hash }, true)
  const found = await cache.recall(
    () => ({ key: `key:${hash}`, stamps: stampsOfRead(readsOf(statement.text)) }),
    async () => (await client().query(statement))[0],
  )
  if (!found) return "the key is unknown, deleted, or its account cannot be used"
  const [key, account, role, scopes, expires, lacks] = found
  const until = typeof expires === "string" ? Date.parse(expires.replaceAll('"', "")) : undefined
  if (until !== undefined && !(until > Date.now())) return "the key has expired"
  const due = touch(key as Key)
  if (due)
    c.get("call").hooks?.later(
      `${keys.name}.last_used_at`,
      async (client) => void (await client.batch([due])),
    )
  return {
    kind: kindOf(role === accounts.admin ? "admin" : "user", String(role), scopesIn(scopes)),
    id: keyIn(accounts, account),
    ...(accounts.role ? { role: String(role) } : {}),
    scopes: scopesIn(scopes),
    ...(lacksFactor(accounts, lacks) ? { lacksFactor: true } : {}),
  }
}

const scopesIn = (stored: unknown): string[] => {
  const scopes: unknown = typeof stored === "string" ? JSON.parse(stored) : stored
  return Array.isArray(scopes) ? scopes.map(String) : []
}

/** The statement that finds a key by its digest: its key, its account's key and role, its scopes, and when it expires. */
const planFor = (accounts: Accounts, keys: Resource): Plan =>
  planOf(keys, `own:credentials:${accounts.requireFactor}`, () => {
    const { resource, role } = accounts
    const own = (name: string) => sql`${tableOf(keys)}.${columnName(keys, name)}`
    const expires = keys.fields.expires_at?.type.sql.json(own("expires_at")) ?? sql`null`
    const columns = [
      own("id"),
      own("user_id"),
      role ? sql`${tableOf(resource)}.${columnName(resource, role.name)}` : sql`''`,
      own("scopes"),
      expires,
      ...lacksFactorSql(accounts, own("user_id")),
    ]
    const key = sql`${tableOf(resource)}.${columnName(resource, accountKey(resource).name)}`
    const where = and(sql`${own("key_hash")} = ${bound("hash")}`, isUsable(accounts))
    return {
      ...compile(
        sql`select ${sql.join(columns, sql`, `)} from ${tableOf(keys)} join ${tableOf(resource)} on ${key} = ${own("user_id")} where ${where}`,
      ),
      bounded: true,
    }
  })
