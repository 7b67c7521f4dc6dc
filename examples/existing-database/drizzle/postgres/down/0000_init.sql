-- Undoes 0000_init.
-- Loses data: drops the table authors
-- Loses data: drops the table books
DROP TABLE "authors" CASCADE;--> statement-breakpoint
DROP TABLE "books" CASCADE;