-- Undoes 0001_reference_indexes.
DROP INDEX "items_owner_id_index";--> statement-breakpoint
CREATE INDEX "items_owner_id_index" ON "items" USING btree ("owner_id");