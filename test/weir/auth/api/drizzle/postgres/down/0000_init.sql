-- Undoes 0000_init.
-- Loses data: drops the table account_factors
-- Loses data: drops the table account_tokens
-- Loses data: drops the table api_keys
-- Loses data: drops the table audit
-- Loses data: drops the table identities
-- Loses data: drops the table passkeys
-- Loses data: drops the table people
-- Loses data: drops the table sessions
-- Loses data: drops the table things
DROP TABLE "account_factors" CASCADE;--> statement-breakpoint
DROP TABLE "account_tokens" CASCADE;--> statement-breakpoint
DROP TABLE "api_keys" CASCADE;--> statement-breakpoint
DROP TABLE "audit" CASCADE;--> statement-breakpoint
DROP TABLE "identities" CASCADE;--> statement-breakpoint
DROP TABLE "passkeys" CASCADE;--> statement-breakpoint
DROP TABLE "people" CASCADE;--> statement-breakpoint
DROP TABLE "sessions" CASCADE;--> statement-breakpoint
DROP TABLE "things" CASCADE;