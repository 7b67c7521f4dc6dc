-- Undoes 0001_caseless_usernames.
DROP INDEX `users_username_caseless_unique`;