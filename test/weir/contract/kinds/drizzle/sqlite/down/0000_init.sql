-- Undoes 0000_init.
-- Loses data: drops the table kinds
-- Loses data: drops the table members
-- Loses data: drops the table pieces
-- Loses data: drops the table shelves
DROP TABLE `kinds`;--> statement-breakpoint
DROP TABLE `members`;--> statement-breakpoint
DROP TABLE `pieces`;--> statement-breakpoint
DROP TABLE `shelves`;