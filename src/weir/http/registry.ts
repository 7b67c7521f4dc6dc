import { OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi"
import type { Hono } from "hono"
import { matchedRoutes } from "hono/route"
import { titles } from "../problem.ts"
import type { AppContext, AppEnv } from "./context.ts"

/** A route as the documents have it. */
export interface RouteDoc extends Omit<RouteConfig, "method" | "path" | "security"> {
  operationId: string
  summary: string
  tags: string[]
  /** The statuses of the problems it may answer with; 500 and 503 go without saying. */
  errors: number[]
  /** `optional`: a token changes what is shown. `required`: without one, 401. */
  security?: "optional" | "required"
}

interface Entry {
  method: "get" | "post" | "patch" | "delete"
  path: string
  doc: () => RouteDoc
}

const confirming = new WeakSet<object>()

/** Whether the request's route takes an unconfirmed viewer. */
export const confirmsViewer = (c: AppContext): boolean =>
  matchedRoutes(c).some(({ handler }) => confirming.has(handler))

/** The API's routes: each is served and documented by one call, so that neither can be forgotten. */
export class Routes {
  private readonly app: Hono<AppEnv>
  private readonly entries: Entry[] = []
  private document: string | undefined

  constructor(app: Hono<AppEnv>) {
    this.app = app
  }

  /**
   * Adds a route. `path` has its parameters in braces, as in `/users/{id}`. One that confirms its viewer is given
   * one from memory where there is one, and saves a round trip to the database.
   */
  add(
    method: Entry["method"],
    path: string,
    doc: Entry["doc"],
    handler: (c: AppContext) => Promise<Response> | Response,
    options: { confirmsViewer?: boolean } = {},
  ): void {
    if (options.confirmsViewer) confirming.add(handler)
    this.app.on(method.toUpperCase(), path.replace(/\{(\w+)\}/g, ":$1"), handler)
    this.describe(method, path, doc)
  }

  /** Documents what another route serves already. */
  describe(method: Entry["method"], path: string, doc: Entry["doc"]): void {
    this.entries.push({ method, path, doc })
  }

  /** The OpenAPI 3.1 document, built at the first call: a Worker that is never asked for it never pays. */
  openapi(): string {
    this.document ??= JSON.stringify(this.build())
    return this.document
  }

  private build(): object {
    const builder = new OpenAPIHono()
    builder.openAPIRegistry.registerComponent("securitySchemes", "password", {
      type: "oauth2",
      description: "Sign in with email or username, and password",
      flows: { password: { tokenUrl: "/auth/token", scopes: {} } },
    })
    for (const { method, path, doc } of this.entries) {
      const { errors, security, ...config } = doc()
      builder.openAPIRegistry.registerPath({
        ...config,
        method,
        path,
        ...(security
          ? { security: security === "required" ? [{ password: [] }] : [{ password: [] }, {}] }
          : {}),
        responses: { ...config.responses, ...problems(...errors, 500, 503) },
      })
    }
    return builder.getOpenAPI31Document({
      openapi: "3.1.0",
      info: {
        title: "Weir",
        version: "0.1.0",
        description: "Drizzle tables in, a production API out. Errors are RFC 9457 problems.",
      },
      servers: [{ url: "/" }],
    })
  }
}

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    request_id: z.string(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string(), code: z.string() }))
      .optional()
      .openapi({ description: "What is wrong, and where: a parameter, a header or a member of the body" }),
  })
  .openapi("Problem", {
    example: {
      type: "about:blank",
      title: "Unprocessable Content",
      status: 422,
      detail: "The query string is not valid",
      code: "invalid_request",
      request_id: "6f0c1f0e-2f4e-4a53-9a0e-0f3c8f1f7f3e",
      errors: [{ path: "limit", message: "must be a whole number from 1 to 1000", code: "out_of_range" }],
    },
  })

/** The documented problems of an operation: one spread for all of them. */
export function problems(...statuses: number[]): RouteConfig["responses"] {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: titles[status] ?? "Error",
        content: { "application/problem+json": { schema: problem } },
      },
    ]),
  )
}
