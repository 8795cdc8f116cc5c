-- Grain: one row; the character set of each column that is read as text, or `binary` where it has none.
-- No line is read: the first SELECT gives the column types, the second one gives the only row.
SELECT
    CHARSET(line_id) AS line_id,
    CHARSET(account_id) AS account_id,
    CHARSET(charge_kind) AS charge_kind,
    CHARSET(currency) AS currency,
    CHARSET(document_status) AS document_status
FROM (
    SELECT
        line_id,
        account_id,
        charge_kind,
        currency,
        document_status
    FROM program_mrr_line
    WHERE FALSE
    UNION ALL
    SELECT
        NULL AS line_id,
        NULL AS account_id,
        NULL AS charge_kind,
        NULL AS currency,
        NULL AS document_status
) AS described
