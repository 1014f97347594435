-- The balance in micro-dollars below which an app's people want to be warned.
ALTER TABLE apps ADD COLUMN low_balance_threshold INTEGER CHECK (low_balance_threshold > 0);
