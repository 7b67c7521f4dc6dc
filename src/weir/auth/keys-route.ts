import type { Registry } from "../http/registry.ts"
import { reply } from "../http/reply.ts"
import * as z from "../lib/zod.ts"
import type { SigningKey } from "./signing-keys.ts"

const jwk = z
  .object({
    kty: z.string(),
    crv: z.string(),
    x: z.string(),
    kid: z.string(),
    alg: z.string(),
    use: z.string(),
  })
  .loose()

/** `GET /.well-known/jwks.json` (RFC 7517): by it, other services check the tokens of this API. */
export function keysRoute(registry: Registry, keys: readonly SigningKey[]): void {
  const body = JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })
  registry.add(
    "get",
    "/.well-known/jwks.json",
    () => ({
      operationId: "readSigningKeys",
      tags: ["auth"],
      summary: "The public keys that access tokens are signed with",
      description: "A JWK Set (RFC 7517), for services that check tokens of this API themselves.",
      responses: {
        200: {
          description: "The keys, the one that signs now first",
          content: {
            "application/json": { schema: z.object({ keys: z.array(jwk) }).openapi("SigningKeys") },
          },
        },
      },
      errors: [],
    }),
    (c) => reply(c, 200, body, { "cache-control": "public, max-age=300" }),
  )
}
