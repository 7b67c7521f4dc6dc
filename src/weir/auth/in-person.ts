import { forbidden } from "../problem.ts"
import type { Viewer } from "../resource/viewer.ts"

/** Throws a 403 for who comes by a key, or acts as another: for what must be the account's own doing. */
export function requireInPerson({ scopes, actor }: Viewer, what: string): void {
  if (scopes) throw forbidden(`A key cannot ${what}: sign in`)
  if (actor !== undefined) throw forbidden(`Who acts as another cannot ${what}`)
}
