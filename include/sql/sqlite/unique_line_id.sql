-- Grain: one row if the database itself keeps line_id unique; no row for a view or for a table without such a key.
SELECT 1 AS is_unique
WHERE
    EXISTS (
        SELECT 1
        FROM PRAGMA_INDEX_LIST('program_mrr_line') AS listed
        WHERE
            listed."unique" = 1
            AND listed.partial = 0
            AND (SELECT GROUP_CONCAT(part.name) FROM PRAGMA_INDEX_INFO(listed.name) AS part) = 'line_id'
    )
    OR (
        SELECT GROUP_CONCAT(part.name)
        FROM PRAGMA_TABLE_INFO('program_mrr_line') AS part
        WHERE part.pk > 0
    ) = 'line_id'
