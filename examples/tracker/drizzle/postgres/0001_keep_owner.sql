-- The rules keep the last owner of an organization; this keeps it where two owners remove each other at the same time,
-- and from whatever else writes, such as the delete of a user. The second waits for the organization's row, then counts.
CREATE FUNCTION "memberships_keep_owner"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM "organizations" WHERE "id" = old."organization_id" FOR UPDATE;
  IF FOUND AND NOT EXISTS (
    SELECT 1 FROM "memberships" WHERE "organization_id" = old."organization_id" AND "role" = 'owner'
  ) THEN
    RAISE EXCEPTION 'An organization keeps an owner' USING ERRCODE = '23514', CONSTRAINT = 'memberships_keep_owner';
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "memberships_keep_owner_update" AFTER UPDATE OF "role", "organization_id" ON "memberships"
FOR EACH ROW WHEN (old."role" = 'owner' AND (new."role" <> 'owner' OR new."organization_id" <> old."organization_id"))
EXECUTE FUNCTION "memberships_keep_owner"();--> statement-breakpoint
CREATE TRIGGER "memberships_keep_owner_delete" AFTER DELETE ON "memberships"
FOR EACH ROW WHEN (old."role" = 'owner') EXECUTE FUNCTION "memberships_keep_owner"();
