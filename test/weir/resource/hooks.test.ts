import { expect, test } from "vitest"
import { resource } from "../../../src/weir/resource/define.ts"
import type { HookOptions } from "../../../src/weir/resource/hooks.ts"
import { anyone } from "../../../src/weir/resource/rules.ts"
import * as users from "../fixture/src/schema/users.ts"
import { apiOf } from "../support/app-of.ts"

const withHooks = (hooks: object) => () =>
  apiOf(resource(users.users, { read: anyone, ...(hooks as HookOptions) }))

test("hooks that nothing would call are refused at load", () => {
  const hook = () => {}
  expect(withHooks({ after: { insert: hook } })).toThrow(
    'users: after names "insert": it takes create, update, delete',
  )
  expect(withHooks({ before: { created: hook } })).toThrow(/^users: before names "created"/)
  expect(withHooks({ before: { create: "hook" } })).toThrow(/^users: before.create must be a function$/)
  expect(withHooks({ after: hook })).toThrow(/^users: after must hold functions, by create, update, delete$/)
  expect(withHooks({ before: { create: undefined, update: hook }, after: { delete: hook } })).not.toThrow()
})
