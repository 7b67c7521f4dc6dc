-- Undoes 0000_init.
-- Loses data: drops the table kinds
-- Loses data: drops the table members
-- Loses data: drops the table pieces
-- Loses data: drops the table shelves
DROP TABLE "kinds" CASCADE;--> statement-breakpoint
DROP TABLE "members" CASCADE;--> statement-breakpoint
DROP TABLE "pieces" CASCADE;--> statement-breakpoint
DROP TABLE "shelves" CASCADE;