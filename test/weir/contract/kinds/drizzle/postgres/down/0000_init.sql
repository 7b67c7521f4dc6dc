-- Undoes 0000_init.
-- Loses data: drops the table entries
-- Loses data: drops the table kinds
-- Loses data: drops the table ledgers
-- Loses data: drops the table lots
-- Loses data: drops the table members
-- Loses data: drops the table pieces
-- Loses data: drops the table shelves
DROP TABLE "entries" CASCADE;--> statement-breakpoint
DROP TABLE "kinds" CASCADE;--> statement-breakpoint
DROP TABLE "ledgers" CASCADE;--> statement-breakpoint
DROP TABLE "lots" CASCADE;--> statement-breakpoint
DROP TABLE "members" CASCADE;--> statement-breakpoint
DROP TABLE "pieces" CASCADE;--> statement-breakpoint
DROP TABLE "shelves" CASCADE;