4 statements

SELECT (SELECT COUNT(*) FROM "visit" AS c WHERE c."audience" <= $1 AND (c."to_city_id" IN (SELECT cc."id" FROM "city" AS cc WHERE cc."audience" <= $2 AND ((cc."name_sort" = $3))))) AS "number_"

SELECT c."id" FROM "organization" AS c WHERE c."audience" <= $1 AND c."id" = ANY($2)

SELECT c."id", c."title", c."start", c."start_earliest", c."start_latest", c."from_city_id", c."from_city_id", r1."id", r1."name" FROM (SELECT c."id", c."title", c."start", c."start_earliest", c."start_latest", c."from_city_id" FROM "visit" AS c WHERE c."audience" <= $1 AND (c."to_city_id" IN (SELECT cc."id" FROM "city" AS cc WHERE cc."audience" <= $2 AND ((cc."name_sort" = $3)))) ORDER BY c."start_latest" DESC, c."id" DESC LIMIT 21) AS c LEFT JOIN "city" AS r1 ON r1."id" = c."from_city_id" AND r1."audience" <= $4 ORDER BY c."start_latest" DESC, c."id" DESC

SELECT p.p AS "parent_", c."id", c."key", c."participant_id", c."participant_kind", c."role", CASE WHEN c."participant_kind" = 'official' THEN c."participant_id" END, r1."id", r1."name" FROM unnest($1) AS p CROSS JOIN LATERAL (SELECT c."id", c."key", c."participant_id", c."participant_kind", c."role" FROM "participation" AS c WHERE c."audience" <= $2 AND c."activity_id" = p.p ORDER BY c."key", c."id" LIMIT 21) AS c LEFT JOIN "official" AS r1 ON r1."id" = CASE WHEN c."participant_kind" = 'official' THEN c."participant_id" END AND r1."audience" <= $3 ORDER BY c."key", c."id"
