4 statements

SELECT (SELECT COUNT(*) FROM "visit" AS c WHERE c."audience" <= ? AND (c."to_city_id" IN (SELECT cc."id" FROM "city" AS cc WHERE cc."audience" <= ? AND ((cc."name_sort" = ?))))) AS "number_"

SELECT c."id" FROM "organization" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."title", c."start", c."start_earliest", c."start_latest", c."from_city_id", c."from_city_id", r1."id", r1."name" FROM (SELECT c."id", c."title", c."start", c."start_earliest", c."start_latest", c."from_city_id" FROM "visit" AS c WHERE c."audience" <= ? AND (c."to_city_id" IN (SELECT cc."id" FROM "city" AS cc WHERE cc."audience" <= ? AND ((cc."name_sort" = ?)))) ORDER BY c."start_latest" DESC, c."id" DESC LIMIT 21) AS c LEFT JOIN "city" AS r1 ON r1."id" = c."from_city_id" AND r1."audience" <= ? ORDER BY c."start_latest" DESC, c."id" DESC

SELECT p.p AS "parent_", o."id", o."key", o."participant_id", o."participant_kind", o."role", CASE WHEN o."participant_kind" = 'official' THEN o."participant_id" END, r1."id", r1."name" FROM (SELECT unhex(value) AS p FROM json_each(?)) AS p CROSS JOIN "participation" AS o LEFT JOIN "official" AS r1 ON r1."id" = CASE WHEN o."participant_kind" = 'official' THEN o."participant_id" END AND r1."audience" <= ? WHERE o."id" IN (SELECT c."id" FROM "participation" AS c WHERE c."audience" <= ? AND c."activity_id" = p.p ORDER BY c."key", c."id" LIMIT 21) ORDER BY o."key", o."id"
