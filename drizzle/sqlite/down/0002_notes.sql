-- Undoes 0002_notes.
-- Loses data: drops the table notes
DROP TABLE `notes`;