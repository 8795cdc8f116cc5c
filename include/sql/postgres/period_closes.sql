-- Grain: one row per currency in which the entity has declared the month complete.
-- Binds: billing_month (YYYY-MM).
SELECT
    CAST(currency AS TEXT) AS currency,
    CAST(line_count AS TEXT) AS line_count,
    CAST(control_total_minor AS TEXT) AS control_total_minor
FROM program_period_close
WHERE CAST(billing_month AS TEXT) = :billing_month
ORDER BY currency, line_count, control_total_minor
