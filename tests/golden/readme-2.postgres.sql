6 statements

SELECT (SELECT COUNT(*) FROM "visit" AS c WHERE c."audience" <= $1 AND (c."to_city_id" IN (SELECT cc."id" FROM "city" AS cc WHERE cc."audience" <= $2 AND ((cc."name_sort" = $3))))) AS "number_"

SELECT c."id" FROM "organization" AS c WHERE c."audience" <= $1 AND c."id" = ANY($2)

SELECT c."id", c."name" FROM "city" AS c WHERE c."audience" <= $1 AND c."id" = ANY($2)

SELECT c."id", c."name" FROM "official" AS c WHERE c."audience" <= $1 AND c."id" = ANY($2)

SELECT c."id", c."title", c."start", c."start_earliest", c."start_latest", c."from_city_id" FROM "visit" AS c WHERE c."audience" <= $1 AND (c."to_city_id" IN (SELECT cc."id" FROM "city" AS cc WHERE cc."audience" <= $2 AND ((cc."name_sort" = $3)))) ORDER BY c."start_latest" DESC, c."id" DESC LIMIT 21

SELECT p.p AS "parent_", c.* FROM unnest($1) AS p CROSS JOIN LATERAL (SELECT c."id", c."key", c."participant_id", c."participant_kind", c."role" FROM "participation" AS c WHERE c."audience" <= $2 AND c."activity_id" = p.p ORDER BY c."key", c."id" LIMIT 21) AS c ORDER BY c."key", c."id"
