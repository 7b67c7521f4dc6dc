-- Undoes 0000_init.
-- Loses data: drops the table comments
-- Loses data: drops the table invitations
-- Loses data: drops the table issues
-- Loses data: drops the table labels
-- Loses data: drops the table memberships
-- Loses data: drops the table organizations
-- Loses data: drops the table projects
-- Loses data: drops the table statuses
-- Loses data: drops the table users
DROP TABLE `comments`;--> statement-breakpoint
DROP TABLE `invitations`;--> statement-breakpoint
DROP TABLE `labels`;--> statement-breakpoint
DROP TABLE `issues`;--> statement-breakpoint
DROP TABLE `memberships`;--> statement-breakpoint
DROP TABLE `statuses`;--> statement-breakpoint
DROP TABLE `projects`;--> statement-breakpoint
DROP TABLE `organizations`;--> statement-breakpoint
DROP TABLE `users`;