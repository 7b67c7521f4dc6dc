-- Undoes 0000_init.
-- Loses data: drops the table items
-- Loses data: drops the table users
DROP TABLE `items`;--> statement-breakpoint
DROP TABLE `users`;