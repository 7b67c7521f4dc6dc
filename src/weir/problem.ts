/** One thing that is wrong with a request: where, in words, and as a code. */
export interface FieldIssue {
  /** The parameter, header or JSON member, such as `price[gte]`, `2.title` or `authorization`. */
  path: string
  message: string
  code: string
}

/** Reason phrases by status (RFC 9110, section 15). */
export const titles: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  408: "Request Timeout",
  409: "Conflict",
  412: "Precondition Failed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  417: "Expectation Failed",
  422: "Unprocessable Content",
  428: "Precondition Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
}

/** Every `code` of a problem, with its status. When each is sent stands in `problem-texts.ts`. */
export const problemCodes = {
  malformed_request: { status: 400 },
  wrong_credentials: { status: 400 },
  invalid_grant: { status: 400 },
  sign_in_not_begun: { status: 400 },
  invalid_link: { status: 400 },
  unsupported_grant_type: { status: 400 },
  invalid_scope: { status: 400 },
  unauthorized: { status: 401 },
  invalid_token: { status: 401 },
  forbidden: { status: 403 },
  insufficient_scope: { status: 403 },
  unverified: { status: 403 },
  cross_site: { status: 403 },
  quota_exceeded: { status: 403 },
  second_factor_required: { status: 403 },
  not_found: { status: 404 },
  method_not_allowed: { status: 405 },
  not_acceptable: { status: 406 },
  duplicate: { status: 409 },
  still_referenced: { status: 409 },
  conflict: { status: 409 },
  precondition_failed: { status: 412 },
  body_too_large: { status: 413 },
  unsupported_media_type: { status: 415 },
  unsupported_encoding: { status: 415 },
  expectation_failed: { status: 417 },
  invalid_request: { status: 422 },
  answer_too_large: { status: 422 },
  idempotency_key_reused: { status: 422 },
  incomplete_body: { status: 422 },
  precondition_required: { status: 428 },
  too_many_requests: { status: 429 },
  headers_too_large: { status: 431 },
  internal_error: { status: 500 },
  timeout: { status: 503 },
  issuer_unavailable: { status: 503 },
  database_unavailable: { status: 503 },
  database_unmigrated: { status: 503 },
  read_only: { status: 503 },
  overloaded: { status: 503 },
  misconfigured: { status: 503 },
  http_error: { status: 400 },
} as const satisfies Record<string, { status: number }>

export type ProblemCode = keyof typeof problemCodes

export interface ProblemOptions {
  issues?: FieldIssue[] | undefined
  headers?: Record<string, string>
  cause?: unknown
  /** Another status than the code's own. */
  status?: number
  /** Further members of the body. */
  members?: Record<string, string>
  /** JSON for the member `current`: the row as it is now. */
  current?: string | undefined
}

/**
 * An answer that is not a success. Thrown anywhere, and made into `application/problem+json` in one place.
 *
 * @example throw new Problem("conflict", "The order was shipped already")
 */
export class Problem extends Error {
  override readonly name = "Problem"
  readonly code: ProblemCode
  readonly status: number
  readonly issues: FieldIssue[] | undefined
  readonly headers: Record<string, string>
  readonly members: Record<string, string> | undefined
  readonly current: string | undefined

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause })
    this.code = code
    this.status = options.status ?? problemCodes[code].status
    this.issues = options.issues
    this.headers = options.headers ?? {}
    this.members = options.members
    this.current = options.current
  }

  /** The body (RFC 9457), with Weir's own `code`, `request_id` and `errors`. */
  body(requestId: string): string {
    const body = JSON.stringify({
      type: "about:blank",
      title: titles[this.status] ?? "Error",
      status: this.status,
      detail: this.message,
      code: this.code,
      request_id: requestId,
      ...this.members,
      ...(this.issues ? { errors: this.issues } : {}),
    })
    // The row is text of the database's own, and keeps all digits.
    return this.current === undefined ? body : `${body.slice(0, -1)},"current":${this.current}}`
  }
}

export const invalid = (detail: string, issues: FieldIssue[]): Problem =>
  new Problem("invalid_request", detail, { issues })

export const notFound = (): Problem => new Problem("not_found", "There is nothing here that you can see")

/** The 409 for a write that others outran at each try. */
export const outrun = (): Problem =>
  new Problem("conflict", "The row changes too often: try again", { headers: { "retry-after": "1" } })

export const forbidden = (detail: string, issues?: FieldIssue[]): Problem =>
  new Problem("forbidden", detail, { issues })

/** 401 with a challenge, and its reason when a token was sent (RFC 6750, section 3). */
export const unauthorized = (detail: string, reason?: "invalid_token"): Problem =>
  new Problem(reason ?? "unauthorized", detail, {
    headers: { "www-authenticate": reason ? `Bearer error="${reason}"` : "Bearer" },
  })

export const unavailable = (
  code: "timeout" | "overloaded" | "database_unavailable" | "database_unmigrated",
  detail: string,
  cause?: unknown,
): Problem => new Problem(code, detail, { headers: { "retry-after": "1" }, cause })
