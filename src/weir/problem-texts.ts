import type { ProblemCode } from "./problem.ts"

/** When each problem is sent. `docs/errors.md` is written from this list; no server needs it. */
export const problemTexts: Record<ProblemCode, string> = {
  malformed_request: "The bytes are not an HTTP request, or its target or `Host` is not valid",
  wrong_credentials: "The user name or the password is wrong (OAuth2: `invalid_grant`)",
  invalid_grant:
    "What was sent to `POST /auth/token` for tokens does not hold: it is unknown, expired, used or of another (OAuth2: `invalid_grant`)",
  sign_in_not_begun:
    "A provider has sent back a browser that has not begun the sign-in, or more than ten minutes ago",
  invalid_link: "The token of a link in a mail is unknown, expired, used, or was made for something else",
  unsupported_grant_type: "`POST /auth/token` does not know this grant",
  invalid_scope: "A token has no scopes, and one was asked for",
  unauthorized: "No access token was sent, and the route needs one",
  invalid_token: "The access token is malformed, expired, revoked or not signed here",
  forbidden: "The viewer may see the row or resource, but may not do this",
  insufficient_scope:
    "The scopes of the key, or the account that it is of, do not allow this (OAuth2: `insufficient_scope`)",
  unverified:
    "The password is right, and the account's address is to be verified first, by the link that was mailed",
  cross_site:
    "A page of another site asks for a change by a session that is in cookies, and `CORS_ORIGINS` does not name it",
  quota_exceeded: "The rows to be created are more than their owner may have",
  second_factor_required:
    "The account's role needs a second factor, and it has none (400 of `POST /auth/token`: it has one; with `challenge`, send its code, without, sign in with the passkey)",
  not_found: "There is no such path, or no such row that the viewer may see",
  method_not_allowed: "The path has other methods; `Allow` lists them",
  not_acceptable: "`Accept` rules out JSON",
  duplicate: "Another row has this value in a unique column",
  still_referenced: "Other rows refer to the row that would be deleted or changed",
  conflict:
    "A constraint failed in a hand-written route, or the row changed at each try of the write, or others held it then",
  precondition_failed:
    "The row is not as `If-Match`, `If-None-Match` or `If-Unmodified-Since` has it; `current` is the row as it is",
  body_too_large: "The body is larger than `BODY_LIMIT`",
  unsupported_media_type:
    "The body has another media type than the route takes, or a charset other than UTF-8",
  unsupported_encoding: "The body has a `Content-Encoding`",
  expectation_failed: "`Expect` is something else than `100-continue`",
  invalid_request: "Parameters or body are not valid; `errors` names each place (400 of `POST /auth/token`)",
  answer_too_large: "The answer would be larger than `ANSWER_LIMIT`; `errors` names the limits to lower",
  idempotency_key_reused: "The `Idempotency-Key` came with another method, path or body before",
  incomplete_body: "The connection ended before the body was complete",
  precondition_required: 'The resource takes changes with `If-Match` alone (`conditional: "required"`)',
  too_many_requests:
    "A limit of the client is used up, or too many passwords are being hashed; see `Retry-After`",
  headers_too_large: "The request's headers are too large",
  internal_error: "An error that nobody expected; the log line has its cause",
  timeout: "The request took longer than `REQUEST_TIMEOUT_MS` (408: it was sent too slowly)",
  issuer_unavailable: "The issuer of the access token does not answer, so that the token cannot be checked",
  database_unavailable: "The database cannot be reached",
  database_unmigrated: "A table or column is missing: the database must be migrated",
  read_only: "A write, and `DATABASE_URL` has `mode=ro`",
  overloaded:
    "The server has too much in progress: the request waited too long for its turn, or its body for its end",
  misconfigured: "A setting of the Worker is wrong; its log says which",
  http_error: "A hand-written route or a library threw an HTTP error of its own",
}

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
