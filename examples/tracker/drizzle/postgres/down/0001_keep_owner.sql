-- Undoes 0001_keep_owner.
DROP TRIGGER "memberships_keep_owner_update" ON "memberships";--> statement-breakpoint
DROP TRIGGER "memberships_keep_owner_delete" ON "memberships";--> statement-breakpoint
DROP FUNCTION "memberships_keep_owner";