-- Undoes 0000_init.
-- Loses data: drops the table entries
-- Loses data: drops the table kinds
-- Loses data: drops the table ledgers
-- Loses data: drops the table lots
-- Loses data: drops the table members
-- Loses data: drops the table pieces
-- Loses data: drops the table shelves
DROP TABLE `entries`;--> statement-breakpoint
DROP TABLE `kinds`;--> statement-breakpoint
DROP TABLE `lots`;--> statement-breakpoint
DROP TABLE `ledgers`;--> statement-breakpoint
DROP TABLE `pieces`;--> statement-breakpoint
DROP TABLE `members`;--> statement-breakpoint
DROP TABLE `shelves`;