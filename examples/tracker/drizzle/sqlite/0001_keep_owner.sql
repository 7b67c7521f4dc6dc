-- SQLite has one writer at a time, so that the rules alone keep the last owner of an organization.
SELECT 1;
