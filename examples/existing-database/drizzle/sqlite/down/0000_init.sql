-- Undoes 0000_init.
-- Loses data: drops the table authors
-- Loses data: drops the table books
DROP TABLE `authors`;--> statement-breakpoint
DROP TABLE `books`;