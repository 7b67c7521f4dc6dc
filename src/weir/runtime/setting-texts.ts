import type { Settings } from "./settings.ts"

/** What each setting does. `docs/settings.md` is written from this list; no server needs it. */
export const settingTexts: Record<keyof Settings, string> = {
  DATABASE_URL:
    "Where the data is; the dialect follows from it. `file:path`, `libsql://host` (Turso), `http://host:port` (sqld), `postgres://user:password@host/database`, with `?pooler=transaction` or `?pooler=session` behind a pooler such as PgBouncer; [connections.md](connections.md) has all parameters",
  DATABASE_AUTH_TOKEN: "The token of a libSQL server",
  HOST: "The address that Node listens on; `0.0.0.0` for all interfaces, `::` for those of IPv6, too",
  PORT: "The port that Node listens on; 0 for any that is free",
  BASE_PATH:
    "The path below which clients see the API, such as `/api/v1`; links begin with it. Requests come with it or, from a proxy that strips it, without",
  AUTH_SECRET:
    "Signs access tokens; at least 32 bytes. Several, of 32 bytes each, are separated by commas, the newest first: it signs, and what the others have signed still holds. Required with `NODE_ENV=production` and on Workers; elsewhere a new one is made at each start",
  AUTH_KEYS:
    "Private keys that sign access tokens in place of `AUTH_SECRET`, which stays required: a JWK Set, or one JWK, of Ed25519 or P-256. The first signs, all verify, and `/.well-known/jwks.json` shows their public halves",
  ACCESS_TOKEN_MINUTES:
    "How long an access token holds, in minutes. Without it: 15 where the accounts have sessions, else 60",
  SESSION_DAYS: "How long a session lasts that is not used, in days",
  SESSION_MAX_DAYS: "How long a session lasts at most, however often it is refreshed, in days",
  FIRST_ADMIN_EMAIL: "The first admin, made once, while there is none. Together with `FIRST_ADMIN_PASSWORD`",
  FIRST_ADMIN_PASSWORD: "The password of the first admin, of 8 to 200 characters",
  CORS_ORIGINS: "Origins that browsers may call from, separated by commas; `*` for all",
  UPSTASH_REDIS_REST_URL:
    "The address of an Upstash Redis, which then keeps answers. Together with its token",
  UPSTASH_REDIS_REST_TOKEN: "The token of the Upstash Redis",
  CACHE:
    "Where answers are kept: `off`, `memory` or `upstash`. Without it: Upstash Redis where it is set, memory for a file, else off",
  CACHE_TTL: "How long an answer may be served from the cache, in seconds",
  CACHE_STALE: "How much longer an expired answer is served while one request reads it again, in seconds",
  CACHE_MEMORY: "Most memory for stored answers, in bytes",
  CACHE_PREFIX:
    "The prefix of all keys in Redis: the same for all services of one database, and for no others. Without it: made from the database's address and the secret",
  LOG_LEVEL: "Lowest level that is logged: `info`, `warn`, `error` or `silent`",
  TIMING_HEADERS:
    "Who gets `Server-Timing` and `Cache-Status`, which tell whether an account exists and when hidden rows change: `all`, `admins` or `off`. Without it: all, and admins with `NODE_ENV=production` and on Workers",
  WORKERS:
    "How many processes serve on Node, behind one port: 1 to 64, or `auto` for as many as there are processors. Each has a cache and connections of its own",
  METRICS: "Who may read `GET /metrics`, for Prometheus, on Node: `off`, `admins` or `all`",
  DOCUMENT_LIMIT: "Largest document of a collection, in bytes, with all digits of its numbers written out",
  BODY_LIMIT: "Largest request body, in bytes",
  ANSWER_LIMIT: "Largest answer to a read, in bytes; beyond it, a 422 that says what to ask less of",
  ANSWER_ROWS: "Most rows that a read may ask for by its limits, embedded ones included",
  ANSWER_ROWS_ANONYMOUS: "The same for who is not signed in",
  REQUEST_TIMEOUT_MS:
    "How long a request may take, in milliseconds; after it, a 503, and Postgres cancels the statement",
  QUERY_TIMEOUT_MS:
    "How long a read may take whose own limits do not bound its cost, such as a filtered list, in milliseconds; after it, a 503. Admins have all of `REQUEST_TIMEOUT_MS`",
  IDEMPOTENCY_HOURS: "How long a write's outcome is kept for retries with its `Idempotency-Key`, in hours",
  SIGN_IN_PER_ACCOUNT:
    "How many passwords one address may try for one account in a minute; 0 for no limit. Without it: 10 in production, else 0",
  SIGN_IN_PER_ADDRESS:
    "How many passwords and passkeys one address may try in a minute; 0 for no limit. Without it: 30 in production, else 0",
  SIGN_UP_PER_ADDRESS:
    "How many accounts one address may create in a minute; 0 for no limit. Without it: 30 in production, else 0",
  REQUESTS_PER_MINUTE:
    "How many requests an address, and a signed-in account, may make in a minute; 0 for no limit",
  TRUSTED_PROXIES:
    "Addresses of proxies whose `X-Forwarded-For` or `Forwarded` names the client, separated by commas: addresses or CIDRs. Node only",
  NODE_ENV: "`production` requires `AUTH_SECRET`",
  AUTH_ISSUERS:
    "Other issuers whose access tokens are accepted: `https://issuer|audience`, separated by commas, or JSON; see [issuers.md](issuers.md)",
  AUTH_PROVIDERS:
    'Providers that people sign in with, as JSON: `[{"name":"github","client_id":"…","client_secret":"…"}]`; see [issuers.md](issuers.md#signing-in-with-a-provider)',
  AUTH_REDIRECTS: "URLs that a sign-in with a provider may lead to, to the letter, separated by commas",
  PUBLIC_URL:
    "The origin at which clients reach the API, such as `https://api.example.com`: providers send browsers back to it. Without it: that of each request",
  PASSKEY_ORIGINS:
    "The origins of the pages that use passkeys, separated by commas. Without it: those of `APP_URL`, `PUBLIC_URL` and `CORS_ORIGINS` that are https and within the domain, and `http://localhost` in development; see [passkeys.md](passkeys.md)",
  PASSKEY_DOMAIN:
    "The domain that passkeys are bound to, for good: `example.com` for pages of it and of all below it. Without it: the host of the first origin",
  MAIL_URL:
    "What sends mail: `smtp://user:password@host:587` or `smtps://…` (Node only), `https://api.resend.com/emails` or another service of that form, or `log:` for development. Without it: `log:`, and no mail in production; [mail.md](mail.md)",
  MAIL_TOKEN: "The token of the mail service, where `MAIL_URL` is one",
  MAIL_FROM: "Who mail is from: `hello@example.com` or `Example <hello@example.com>`",
  APP_URL:
    "Where the links in mail lead, such as `https://app.example.com`. Required in production where mail is sent",
  INVITATION_DAYS: "How long an invitation by mail holds, in days",
  MAIL_PER_ACCOUNT:
    "How many mails one address may ask for to one account in a minute; 0 for no limit. Without it: 3 in production, else 0",
  MAIL_PER_ADDRESS:
    "How many mails one address may ask for in a minute, and how many links it may try; 0 for no limit. Without it: 10 in production, else 0",
}
