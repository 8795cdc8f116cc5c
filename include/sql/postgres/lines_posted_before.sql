-- Grain: one row per line that was posted before a day, in place of all lines.
-- Binds: posted_before (a day).
SELECT * -- noqa: AM04, all columns that exist
FROM program_mrr_line
WHERE posted_on < CAST(:posted_before AS DATE)
