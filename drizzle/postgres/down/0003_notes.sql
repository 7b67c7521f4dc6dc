-- Undoes 0003_notes.
-- Loses data: drops the table notes
DROP TABLE "notes" CASCADE;