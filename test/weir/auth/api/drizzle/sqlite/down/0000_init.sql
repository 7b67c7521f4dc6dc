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
DROP TABLE `account_factors`;--> statement-breakpoint
DROP TABLE `account_tokens`;--> statement-breakpoint
DROP TABLE `api_keys`;--> statement-breakpoint
DROP TABLE `audit`;--> statement-breakpoint
DROP TABLE `identities`;--> statement-breakpoint
DROP TABLE `passkeys`;--> statement-breakpoint
DROP TABLE `sessions`;--> statement-breakpoint
DROP TABLE `things`;--> statement-breakpoint
DROP TABLE `people`;