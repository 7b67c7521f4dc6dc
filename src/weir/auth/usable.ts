import { and, isNull, type SQL } from "drizzle-orm"
import type { Accounts } from "../resource/accounts.ts"
import { isPresent } from "../resource/soft-delete.ts"

/** Nobody has deleted or disabled the account. */
export const isUsable = ({ resource, disabled }: Accounts): SQL | undefined =>
  and(isPresent(resource), disabled && isNull(disabled.column))
