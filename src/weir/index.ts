/** The door of the engine: all that a team's own files import, but for columns (`#weir/schema`) and entries. */
export { type Api, type ApiOptions, defineApi } from "./api.ts"
export { hashPassword, verifyPassword } from "./auth/password.ts"
export type { Db } from "./db/handle.ts"
export type { AppEnv as WeirEnv } from "./http/context.ts"
export { allow, type HandwrittenRoute, route, routeOf } from "./http/route.ts"
export type { Mail, SendMail } from "./mail/message.ts"
export { type FieldIssue, Problem, type ProblemCode } from "./problem.ts"
export type { AccountsOptions } from "./resource/accounts.ts"
export { resource, resourcesOf } from "./resource/define.ts"
export type {
  AfterWrite,
  BeforeCreate,
  BeforeDelete,
  BeforeUpdate,
  HookKey,
  HookOptions,
  HookRow,
} from "./resource/hooks.ts"
export type { IssuerOptions } from "./resource/issuers.ts"
export type { Key } from "./resource/key.ts"
export type { QuotaOptions } from "./resource/quota.ts"
export type {
  EmbedOptions,
  FieldOptions,
  JunctionEmbed,
  Resource,
  ResourceOptions,
  SecretInput,
} from "./resource/resource.ts"
export {
  admin,
  all,
  any,
  anyone,
  documentOwner,
  nobody,
  not,
  openToAnyone,
  owner,
  type RowSql,
  type Rule,
  role,
  self,
  signedIn,
  viewerIs,
} from "./resource/rules.ts"
export type { Seed, Seeds } from "./resource/seeds.ts"
export { through } from "./resource/through.ts"
export type { Viewer, ViewerKind, ViewerSql } from "./resource/viewer.ts"
export { where } from "./resource/words.ts"
