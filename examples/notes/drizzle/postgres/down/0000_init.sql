-- Undoes 0000_init.
-- Loses data: drops the table notes
-- Loses data: drops the table users
DROP TABLE "notes" CASCADE;--> statement-breakpoint
DROP TABLE "users" CASCADE;