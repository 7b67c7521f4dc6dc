-- Undoes 0001_reviews.
-- Loses data: drops the table flags
-- Loses data: drops the table reviews
DROP TABLE "flags" CASCADE;--> statement-breakpoint
DROP TABLE "reviews" CASCADE;