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

/** Every `code` of a problem, with its status and when it is sent. `docs/errors.md` is written from this list. */
export const problemCodes = {
  malformed_request: {
    status: 400,
    when: "The bytes are not an HTTP request, or its target or `Host` is not valid",
  },
  wrong_credentials: {
    status: 400,
    when: "The user name or the password is wrong (OAuth2: `invalid_grant`)",
  },
  invalid_grant: {
    status: 400,
    when: "What was sent to `POST /auth/token` for tokens does not hold: it is unknown, expired, used or of another (OAuth2: `invalid_grant`)",
  },
  sign_in_not_begun: {
    status: 400,
    when: "A provider has sent back a browser that has not begun the sign-in, or more than ten minutes ago",
  },
  invalid_link: {
    status: 400,
    when: "The token of a link in a mail is unknown, expired, used, or was made for something else",
  },
  unsupported_grant_type: { status: 400, when: "`POST /auth/token` does not know this grant" },
  invalid_scope: { status: 400, when: "A token has no scopes, and one was asked for" },
  unauthorized: { status: 401, when: "No access token was sent, and the route needs one" },
  invalid_token: { status: 401, when: "The access token is malformed, expired, revoked or not signed here" },
  forbidden: { status: 403, when: "The viewer may see the row or resource, but may not do this" },
  insufficient_scope: {
    status: 403,
    when: "The scopes of the key, or the account that it is of, do not allow this (OAuth2: `insufficient_scope`)",
  },
  unverified: {
    status: 403,
    when: "The password is right, and the account's address is to be verified first, by the link that was mailed",
  },
  quota_exceeded: { status: 403, when: "The rows to be created are more than their owner may have" },
  second_factor_required: {
    status: 403,
    when: "The account's role needs a second factor, and it has none (400 of `POST /auth/token`, with `challenge`: it has one, and its code was not sent)",
  },
  not_found: { status: 404, when: "There is no such path, or no such row that the viewer may see" },
  method_not_allowed: { status: 405, when: "The path has other methods; `Allow` lists them" },
  not_acceptable: { status: 406, when: "`Accept` rules out JSON" },
  duplicate: { status: 409, when: "Another row has this value in a unique column" },
  still_referenced: { status: 409, when: "Other rows refer to the row that would be deleted or changed" },
  conflict: {
    status: 409,
    when: "A constraint failed in a hand-written route, or the row changed at each try of the write",
  },
  precondition_failed: {
    status: 412,
    when: "The row is not as `If-Match`, `If-None-Match` or `If-Unmodified-Since` has it; `current` is the row as it is",
  },
  body_too_large: { status: 413, when: "The body is larger than `BODY_LIMIT`" },
  unsupported_media_type: {
    status: 415,
    when: "The body has another media type than the route takes, or a charset other than UTF-8",
  },
  unsupported_encoding: { status: 415, when: "The body has a `Content-Encoding`" },
  expectation_failed: { status: 417, when: "`Expect` is something else than `100-continue`" },
  invalid_request: {
    status: 422,
    when: "Parameters or body are not valid; `errors` names each place (400 of `POST /auth/token`)",
  },
  answer_too_large: {
    status: 422,
    when: "The answer would be larger than `ANSWER_LIMIT`; `errors` names the limits to lower",
  },
  idempotency_key_reused: {
    status: 422,
    when: "The `Idempotency-Key` came with another method, path or body before",
  },
  incomplete_body: { status: 422, when: "The connection ended before the body was complete" },
  precondition_required: {
    status: 428,
    when: 'The resource takes changes with `If-Match` alone (`conditional: "required"`)',
  },
  too_many_requests: {
    status: 429,
    when: "A limit of the client is used up, or too many passwords are being hashed; see `Retry-After`",
  },
  headers_too_large: { status: 431, when: "The request's headers are too large" },
  internal_error: { status: 500, when: "An error that nobody expected; the log line has its cause" },
  timeout: {
    status: 503,
    when: "The request took longer than `REQUEST_TIMEOUT_MS` (408: it was sent too slowly)",
  },
  issuer_unavailable: {
    status: 503,
    when: "The issuer of the access token does not answer, so that the token cannot be checked",
  },
  database_unavailable: { status: 503, when: "The database cannot be reached" },
  database_unmigrated: { status: 503, when: "A table or column is missing: the database must be migrated" },
  read_only: { status: 503, when: "A write, and `DATABASE_URL` has `mode=ro`" },
  misconfigured: { status: 503, when: "A setting of the Worker is wrong; its log says which" },
  http_error: { status: 400, when: "A hand-written route or a library threw an HTTP error of its own" },
} as const satisfies Record<string, { status: number; when: string }>

export type ProblemCode = keyof typeof problemCodes

/** Every `code` of an entry in a problem's `errors` that Weir itself sends; others are zod's own issue codes. */
export const issueCodes = {
  required: "The member or parameter is missing",
  unknown_field: "There is no such field, or the viewer may not read or write it",
  unknown_parameter: "The route has no such parameter",
  unknown_operator: "The field has no such operator",
  unknown_relation: "The relation cannot be included",
  unknown_reference: "The row that is referred to does not exist",
  forbidden_field: "The viewer may not set the field",
  forbidden_value: "With this value, a rule forbids the row",
  taken: "Another row has this value",
  repeated: "It may be given only once",
  conflict: "It cannot be combined with another parameter, or contradicts the path",
  empty: "The patch names no field",
  invalid_type: "The value is of another type, such as text in place of a number",
  invalid_format: "The text has another form than it must have",
  malformed_json: "The body is not JSON, or not UTF-8",
  too_deep: "The body or the include nests too deeply",
  answer_too_large: "The list makes the answer too large",
  too_many: "More filters, relations, rows or accounts than a request may ask for",
  out_of_range: "The number is too small or too large",
  invalid: "The database refuses the value",
  invalid_cursor: "The cursor is mangled, or was made for another sort",
  invalid_value: "The value is not one of those allowed",
  invalid_integer: "It must be a whole number",
  invalid_number: "It must be a number",
  invalid_boolean: "It must be true or false",
  invalid_timestamp: "It must be an RFC 3339 timestamp, without zone where the column has none",
  invalid_uuid: "It must be a UUID",
  invalid_date: "It must be a date, `YYYY-MM-DD`",
  invalid_time: "It must be a time, `HH:MM:SS`, with an offset where the column has one",
  invalid_interval: "It must be an ISO 8601 duration",
  invalid_base64: "It must be base64",
  invalid_text: "It holds NUL or broken Unicode, or is not UTF-8",
  invalid_list: "A quote in the list is not closed",
  invalid_json: "The cell does not hold JSON (imports)",
  not_comparable: "The field cannot be filtered, sorted or grouped by, or has no such aggregate",
  wrong_secret: "The present password is wrong",
  wrong_code: "The one-time code is wrong, or was used before",
  common_password: "The password is one of the most common",
  holds_name: "The password holds the user's own name or email",
} as const satisfies Record<string, string>

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
export const outrun = (): Problem => new Problem("conflict", "The row changes too often: try again")

export const forbidden = (detail: string, issues?: FieldIssue[]): Problem =>
  new Problem("forbidden", detail, { issues })

/** 401 with a challenge, and its reason when a token was sent (RFC 6750, section 3). */
export const unauthorized = (detail: string, reason?: "invalid_token"): Problem =>
  new Problem(reason ?? "unauthorized", detail, {
    headers: { "www-authenticate": reason ? `Bearer error="${reason}"` : "Bearer" },
  })

export const unavailable = (
  code: "timeout" | "database_unavailable" | "database_unmigrated",
  detail: string,
  cause?: unknown,
): Problem => new Problem(code, detail, { headers: { "retry-after": "1" }, cause })
