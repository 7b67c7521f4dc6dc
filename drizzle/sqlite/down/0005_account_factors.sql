-- Undoes 0005_account_factors.
-- Loses data: drops the table account_factors
DROP TABLE `account_factors`;