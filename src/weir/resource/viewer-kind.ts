import { LRUCache } from "lru-cache"

/** What a viewer is to begin with. */
export const baseKinds = ["anonymous", "user", "admin"] as const
export type BaseKind = (typeof baseKinds)[number]

/**
 * What a viewer is, as far as the shape of a statement goes; the rest is bound as a value. After the base stand the role,
 * where a rule names it, and the scopes of a key: `user`, `user editor`, `admin [items:read,users:*]`.
 */
export type ViewerKind = BaseKind | `${BaseKind} ${string}`

/** The parts of a kind. */
export interface KindParts {
  base: BaseKind
  role: string | undefined
  scopes: readonly string[] | undefined
}

const namedRoles = new Set<string>()

/** Makes a role one that tells viewers apart. */
export const nameRole = (role: string): void => void namedRoles.add(role)

/** Every role that a rule names. */
export const rolesNamed = (): readonly string[] => [...namedRoles]

/** Every kind that rules tell apart, but for scopes, which only narrow them. */
export const viewerKinds = (): ViewerKind[] => [
  ...baseKinds,
  ...rolesNamed().map((role) => kindOf("user", role)),
]

/** The kind of who has signed in. */
export function kindOf(
  base: "user" | "admin",
  role?: string,
  scopes?: readonly string[],
): Exclude<ViewerKind, "anonymous"> {
  const named = role !== undefined && base === "user" && namedRoles.has(role)
  const words = [
    ...(named ? [encodeURIComponent(role)] : []),
    ...(scopes ? [`[${[...new Set(scopes)].sort().join(",")}]`] : []),
  ]
  return words.length ? `${base} ${words.join(" ")}` : base
}

const parsed = new LRUCache<string, KindParts>({ max: 1000 })

/** What a kind is made of. */
export function partsOf(kind: ViewerKind): KindParts {
  const earlier = parsed.get(kind)
  if (earlier) return earlier
  const [, base, role, scopes] = /^(\w+)(?: ([^[]\S*))?(?: \[(.*)\])?$/.exec(kind) ?? []
  const parts = {
    base: base as BaseKind,
    role: role === undefined ? undefined : decodeURIComponent(role),
    scopes: scopes === undefined ? undefined : scopes.split(",").filter(Boolean),
  }
  parsed.set(kind, parts)
  return parts
}

/** What a kind is to begin with, whatever its role and scopes. */
export const baseOf = (kind: ViewerKind): BaseKind =>
  kind === "user" || kind === "anonymous" || kind === "admin" ? kind : partsOf(kind).base

/** Whether a viewer of that kind is an admin. */
export const isAdmin = (kind: ViewerKind): boolean => baseOf(kind) === "admin"
