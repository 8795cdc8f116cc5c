-- Grain: one row per currency in which the entity has declared the month complete.
-- Binds: billing_month (YYYY-MM).
SELECT
    currency,
    line_count,
    control_total_minor
FROM program_period_close
WHERE billing_month = :billing_month
ORDER BY currency, line_count, control_total_minor
