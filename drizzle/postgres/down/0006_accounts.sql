-- Undoes 0006_accounts.
-- Loses data: drops the table account_factors
-- Loses data: drops the table account_tokens
-- Loses data: drops the table api_keys
-- Loses data: drops the table audit
-- Loses data: drops the table identities
-- Loses data: drops the table sessions
-- Loses data: drops the column users.verified_at
-- Loses data: drops the column users.disabled_at
DROP TABLE "account_factors" CASCADE;--> statement-breakpoint
DROP TABLE "account_tokens" CASCADE;--> statement-breakpoint
DROP TABLE "api_keys" CASCADE;--> statement-breakpoint
DROP TABLE "audit" CASCADE;--> statement-breakpoint
DROP TABLE "identities" CASCADE;--> statement-breakpoint
DROP TABLE "sessions" CASCADE;--> statement-breakpoint
ALTER TABLE "users" DROP COLUMN "verified_at";--> statement-breakpoint
ALTER TABLE "users" DROP COLUMN "disabled_at";