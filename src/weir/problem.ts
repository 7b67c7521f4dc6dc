import { HTTPException } from "hono/http-exception"
import type { ContentfulStatusCode } from "hono/utils/http-status"

/** One thing that is wrong with a request: where, in words, and as a code. */
export interface FieldIssue {
  /** The parameter, header or JSON member, such as `price[gte]`, `2.title` or `authorization`. */
  path: string
  message: string
  code: string
}

export const titles: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
}

/** An answer that is not a success. Thrown anywhere, and made into `application/problem+json` in one place. */
export class Problem extends HTTPException {
  readonly code: string
  readonly issues: FieldIssue[] | undefined
  readonly headers: Record<string, string>

  constructor(
    status: ContentfulStatusCode,
    code: string,
    detail: string,
    options: { issues?: FieldIssue[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(status, { message: detail, cause: options.cause })
    this.code = code
    this.issues = options.issues
    this.headers = options.headers ?? {}
  }

  /** The body, RFC 9457, with Weir's own `code`, `request_id` and `errors`. */
  body(requestId: string): string {
    return JSON.stringify({
      type: "about:blank",
      title: titles[this.status] ?? "Error",
      status: this.status,
      detail: this.message,
      code: this.code,
      request_id: requestId,
      ...(this.issues ? { errors: this.issues } : {}),
    })
  }
}

export const invalid = (detail: string, issues: FieldIssue[]): Problem =>
  new Problem(422, "invalid_request", detail, { issues })

export const notFound = (): Problem => new Problem(404, "not_found", "There is nothing here that you can see")

export const forbidden = (detail: string, issues?: FieldIssue[]): Problem =>
  new Problem(403, "forbidden", detail, issues ? { issues } : {})

/** 401 as RFC 6750 has it: a challenge, with the reason when a token was sent. */
export const unauthorized = (detail: string, challenge?: string): Problem =>
  new Problem(401, challenge ?? "unauthorized", detail, {
    headers: { "www-authenticate": challenge ? `Bearer error="${challenge}"` : "Bearer" },
  })

export const unavailable = (code: string, detail: string, cause?: unknown): Problem =>
  new Problem(503, code, detail, { headers: { "retry-after": "1" }, cause })
