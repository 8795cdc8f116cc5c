-- Grain: one row per currency in which the entity has declared the month complete.
-- Binds: billing_month (YYYY-MM), cut (a longer text is cut there).
SELECT
    LEFT(CAST(currency AS STRING), :cut) AS currency,
    LEFT(CAST(line_count AS STRING), :cut) AS line_count,
    LEFT(CAST(control_total_minor AS STRING), :cut) AS control_total_minor
FROM program_period_close
WHERE CAST(billing_month AS STRING) = :billing_month
ORDER BY currency, line_count, control_total_minor
