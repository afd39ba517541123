27 statements

SELECT c."id" FROM "city" AS c WHERE c."audience" <= $1 AND c."key" = $2

SELECT c."id" FROM "city" AS c WHERE c."audience" <= $1 AND c."key" = $2

SELECT c."id", c."name" FROM "city" AS c WHERE c."audience" <= $1 AND c."id" = ANY($2)

SELECT c."id", c."name" FROM "city" AS c WHERE c."audience" <= $1 AND c."id" = ANY($2)

SELECT c."id", c."name" FROM "official" AS c WHERE c."audience" <= $1 AND c."id" = ANY($2)

SELECT c."id", c."name" FROM "official" AS c WHERE c."audience" <= $1 AND c."id" = ANY($2)

SELECT c."id", c."name" FROM "organization" AS c WHERE c."audience" <= $1 AND c."id" = ANY($2)

SELECT c."id", c."name" FROM "organization" AS c WHERE c."audience" <= $1 AND c."id" = ANY($2)

SELECT c."id", c."name" FROM "organization" AS c WHERE c."audience" <= $1 AND c."id" = ANY($2)

SELECT c."id", c."name" FROM "organization" AS c WHERE c."audience" <= $1 AND c."id" = ANY($2)

SELECT c."id", c."name", c."city_id" FROM "organization" AS c WHERE c."audience" <= $1 AND c."id" = ANY($2)

SELECT c."id", c."name", c."language" FROM "city" AS c WHERE c."audience" <= $1 AND c."id" = ANY($2)

SELECT c."id", c."name", c."name_sort", c."city_id", c."operator_id", c."founded", c."founded_earliest", c."founded_latest" FROM "innovation_center" AS c WHERE c."audience" <= $1 AND (c."city_id" IN (SELECT cc."id" FROM "city" AS cc WHERE cc."audience" <= $2 AND (cc."country_id" IN (SELECT ccc."id" FROM "country" AS ccc WHERE ccc."audience" <= $3 AND ((ccc."key" = $4))))) AND c."operator_id" IN (SELECT cc."id" FROM "organization" AS cc WHERE cc."audience" <= $5 AND (cc."country_id" IN (SELECT ccc."id" FROM "country" AS ccc WHERE ccc."audience" <= $6 AND ((ccc."key" = $7)))))) ORDER BY c."name_sort", c."id" LIMIT 21

SELECT c."id", c."name", c."start", c."start_earliest", c."start_latest", c."end", c."end_earliest", c."end_latest", c."venue" FROM "event" AS c WHERE c."audience" <= $1 AND ((c."start_latest" <= $2 AND c."start_latest" >= $3 AND c."start_earliest" >= $4)) ORDER BY c."start_earliest", c."id" LIMIT 21

SELECT c."id", c."title", c."publisher", c."published", c."published_earliest", c."published_latest" FROM "source" AS c WHERE c."audience" <= $1 AND c."id" = ANY($2)

SELECT c."id", c."title", c."start_latest" FROM "visit" AS c WHERE c."audience" <= $1 AND ((c."start_latest" <= $2 AND c."start_latest" >= $3 AND c."start_earliest" >= $4) AND (EXISTS (SELECT 1 FROM "participation" AS cc WHERE cc."activity_id" = c."id" AND cc."audience" <= $5 AND ((cc."role" = $6) AND (cc."participant_id" IN (SELECT ccc."id" FROM "organization" AS ccc WHERE ccc."audience" <= $7 AND ((ccc."key" = $8)))))))) ORDER BY c."start_latest" DESC, c."id" DESC LIMIT 21

SELECT c."id", c."title", c."url" FROM "source" AS c WHERE c."audience" <= $1 AND c."id" = ANY($2)

SELECT l."partnership_id", l."city_id", l."partner_id" FROM "partnership_member" AS l WHERE l."partnership_id" = ANY($1) ORDER BY l."partner_id"

SELECT l."record_id", l."language", l."name" FROM "name" AS l WHERE l."record_id" = ANY($1) AND (FALSE OR l."language" = $2 OR l."language" LIKE $3)

SELECT p.p AS "parent_", c.* FROM unnest($1) AS p CROSS JOIN LATERAL (SELECT c."id", c."key", c."claimed_value", c."source_id", c."stance" FROM "citation" AS c WHERE c."audience" <= $2 AND c."record_id" = p.p ORDER BY c."key", c."id" LIMIT 21) AS c ORDER BY c."key", c."id"

SELECT p.p AS "parent_", c.* FROM unnest($1) AS p CROSS JOIN LATERAL (SELECT c."id", c."key", c."field", c."claimed_value", c."source_id" FROM "citation" AS c WHERE c."audience" <= $2 AND c."record_id" = p.p AND ((c."stance" = $3)) ORDER BY c."key", c."id" LIMIT 21) AS c ORDER BY c."key", c."id"

SELECT p.p AS "parent_", c.* FROM unnest($1) AS p CROSS JOIN LATERAL (SELECT c."id", c."key", c."participant_id", c."participant_kind", c."role" FROM "participation" AS c WHERE c."audience" <= $2 AND c."activity_id" = p.p ORDER BY c."key", c."id" LIMIT 21) AS c ORDER BY c."key", c."id"

SELECT p.p AS "parent_", c.* FROM unnest($1) AS p CROSS JOIN LATERAL (SELECT c."id", c."key", c."participant_id", c."participant_kind", c."role", c."status" FROM "participation" AS c WHERE c."audience" <= $2 AND c."activity_id" = p.p ORDER BY c."key", c."id" LIMIT 21) AS c ORDER BY c."key", c."id"

SELECT p.p AS "parent_", c.* FROM unnest($1) AS p CROSS JOIN LATERAL (SELECT c."id", c."measure", c."value", c."unit", c."comparator", c."as_of", c."as_of_earliest", c."as_of_latest" FROM "indicator" AS c WHERE c."audience" <= $2 AND c."subject_id" = p.p ORDER BY c."as_of_latest" DESC, c."id" DESC LIMIT 21) AS c ORDER BY c."as_of_latest" DESC, c."id" DESC

SELECT p.p AS "parent_", c.* FROM unnest($1) AS p CROSS JOIN LATERAL (SELECT c."id", c."name", c."name_sort", c."operator_id", c."founded", c."founded_earliest", c."founded_latest" FROM "innovation_center" AS c WHERE c."audience" <= $2 AND c."city_id" = p.p ORDER BY c."name_sort", c."id" LIMIT 21) AS c ORDER BY c."name_sort", c."id"

SELECT p.p AS "parent_", c.* FROM unnest($1) AS p CROSS JOIN LATERAL (SELECT c."id", c."since", c."since_earliest", c."since_latest", c."status" FROM "partnership" AS c WHERE c."audience" <= $2 AND c."id" IN (SELECT l."partnership_id" FROM "partnership_member" AS l WHERE l."city_id" = p.p) AND ((EXISTS (SELECT 1 FROM "city" AS cc WHERE cc."id" IN (SELECT l."city_id" FROM "partnership_member" AS l WHERE l."partnership_id" = c."id") AND cc."audience" <= $3 AND (cc."country_id" IN (SELECT ccc."id" FROM "country" AS ccc WHERE ccc."audience" <= $4 AND ((ccc."key" = $5))))))) ORDER BY c."since_earliest", c."id" LIMIT 21) AS c ORDER BY c."since_earliest", c."id"

SELECT p.p AS "parent_", c.* FROM unnest($1) AS p CROSS JOIN LATERAL (SELECT c."id", c."title", c."organization_id", c."start_latest" FROM "position" AS c WHERE c."audience" <= $2 AND c."official_id" = p.p ORDER BY c."start_latest" DESC, c."id" DESC LIMIT 21) AS c ORDER BY c."start_latest" DESC, c."id" DESC
