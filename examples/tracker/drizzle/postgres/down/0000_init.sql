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
DROP TABLE "comments" CASCADE;--> statement-breakpoint
DROP TABLE "invitations" CASCADE;--> statement-breakpoint
DROP TABLE "issues" CASCADE;--> statement-breakpoint
DROP TABLE "labels" CASCADE;--> statement-breakpoint
DROP TABLE "memberships" CASCADE;--> statement-breakpoint
DROP TABLE "organizations" CASCADE;--> statement-breakpoint
DROP TABLE "projects" CASCADE;--> statement-breakpoint
DROP TABLE "statuses" CASCADE;--> statement-breakpoint
DROP TABLE "users" CASCADE;