-- Undoes 0001_keep_owner.
SELECT 1;