-- Which server secret the clinic's links are made with: a one-way print of it. Two servers with different secrets would
-- send links that lead nowhere.
ALTER TABLE clinic ADD COLUMN secret_print TEXT NOT NULL DEFAULT '';
