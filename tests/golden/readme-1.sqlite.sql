27 statements

SELECT c."id" FROM "city" AS c WHERE c."audience" <= ? AND c."key" = ?

SELECT c."id" FROM "city" AS c WHERE c."audience" <= ? AND c."key" = ?

SELECT c."id", c."name" FROM "city" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."name" FROM "city" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."name" FROM "official" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."name" FROM "official" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."name" FROM "organization" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."name" FROM "organization" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."name" FROM "organization" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."name" FROM "organization" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."name", c."city_id" FROM "organization" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."name", c."language" FROM "city" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."name", c."name_sort", c."city_id", c."operator_id", c."founded", c."founded_earliest", c."founded_latest" FROM "innovation_center" AS c WHERE c."audience" <= ? AND (c."city_id" IN (SELECT cc."id" FROM "city" AS cc WHERE cc."audience" <= ? AND (cc."country_id" IN (SELECT ccc."id" FROM "country" AS ccc WHERE ccc."audience" <= ? AND ((ccc."key" = ?))))) AND c."operator_id" IN (SELECT cc."id" FROM "organization" AS cc WHERE cc."audience" <= ? AND (cc."country_id" IN (SELECT ccc."id" FROM "country" AS ccc WHERE ccc."audience" <= ? AND ((ccc."key" = ?)))))) ORDER BY c."name_sort", c."id" LIMIT 21

SELECT c."id", c."name", c."start", c."start_earliest", c."start_latest", c."end", c."end_earliest", c."end_latest", c."venue" FROM "event" AS c WHERE c."audience" <= ? AND ((c."start_latest" <= ? AND c."start_latest" >= ? AND c."start_earliest" >= ?)) ORDER BY c."start_earliest", c."id" LIMIT 21

SELECT c."id", c."title", c."publisher", c."published", c."published_earliest", c."published_latest" FROM "source" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT c."id", c."title", c."start_latest" FROM "visit" AS c WHERE c."audience" <= ? AND ((c."start_latest" <= ? AND c."start_latest" >= ? AND c."start_earliest" >= ?) AND (EXISTS (SELECT 1 FROM "participation" AS cc WHERE cc."activity_id" = c."id" AND cc."audience" <= ? AND ((cc."role" = ?) AND (cc."participant_id" IN (SELECT ccc."id" FROM "organization" AS ccc WHERE ccc."audience" <= ? AND ((ccc."key" = ?)))))))) ORDER BY c."start_latest" DESC, c."id" DESC LIMIT 21

SELECT c."id", c."title", c."url" FROM "source" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT unhex(value) FROM json_each(?))

SELECT l."partnership_id", l."city_id", l."partner_id" FROM "partnership_member" AS l WHERE l."partnership_id" IN (SELECT unhex(value) FROM json_each(?)) ORDER BY l."partner_id"

SELECT l."record_id", l."language", l."name" FROM "name" AS l WHERE l."record_id" IN (SELECT unhex(value) FROM json_each(?)) AND (FALSE OR l."language" = ? OR l."language" LIKE ?)

SELECT unhex(p.value) AS "parent_", o."id", o."key", o."claimed_value", o."source_id", o."stance" FROM json_each(?) AS p CROSS JOIN "citation" AS o WHERE o."id" IN (SELECT c."id" FROM "citation" AS c WHERE c."audience" <= ? AND c."record_id" = unhex(p.value) ORDER BY c."key", c."id" LIMIT 21) ORDER BY o."key", o."id"

SELECT unhex(p.value) AS "parent_", o."id", o."key", o."field", o."claimed_value", o."source_id" FROM json_each(?) AS p CROSS JOIN "citation" AS o WHERE o."id" IN (SELECT c."id" FROM "citation" AS c WHERE c."audience" <= ? AND c."record_id" = unhex(p.value) AND ((c."stance" = ?)) ORDER BY c."key", c."id" LIMIT 21) ORDER BY o."key", o."id"

SELECT unhex(p.value) AS "parent_", o."id", o."key", o."participant_id", o."participant_kind", o."role" FROM json_each(?) AS p CROSS JOIN "participation" AS o WHERE o."id" IN (SELECT c."id" FROM "participation" AS c WHERE c."audience" <= ? AND c."activity_id" = unhex(p.value) ORDER BY c."key", c."id" LIMIT 21) ORDER BY o."key", o."id"

SELECT unhex(p.value) AS "parent_", o."id", o."key", o."participant_id", o."participant_kind", o."role", o."status" FROM json_each(?) AS p CROSS JOIN "participation" AS o WHERE o."id" IN (SELECT c."id" FROM "participation" AS c WHERE c."audience" <= ? AND c."activity_id" = unhex(p.value) ORDER BY c."key", c."id" LIMIT 21) ORDER BY o."key", o."id"

SELECT unhex(p.value) AS "parent_", o."id", o."measure", o."value", o."unit", o."comparator", o."as_of", o."as_of_earliest", o."as_of_latest" FROM json_each(?) AS p CROSS JOIN "indicator" AS o WHERE o."id" IN (SELECT c."id" FROM "indicator" AS c WHERE c."audience" <= ? AND c."subject_id" = unhex(p.value) ORDER BY c."as_of_latest" DESC, c."id" DESC LIMIT 21) ORDER BY o."as_of_latest" DESC, o."id" DESC

SELECT unhex(p.value) AS "parent_", o."id", o."name", o."name_sort", o."operator_id", o."founded", o."founded_earliest", o."founded_latest" FROM json_each(?) AS p CROSS JOIN "innovation_center" AS o WHERE o."id" IN (SELECT c."id" FROM "innovation_center" AS c WHERE c."audience" <= ? AND c."city_id" = unhex(p.value) ORDER BY c."name_sort", c."id" LIMIT 21) ORDER BY o."name_sort", o."id"

SELECT unhex(p.value) AS "parent_", o."id", o."since", o."since_earliest", o."since_latest", o."status" FROM json_each(?) AS p CROSS JOIN "partnership" AS o WHERE o."id" IN (SELECT c."id" FROM "partnership" AS c WHERE c."audience" <= ? AND c."id" IN (SELECT l."partnership_id" FROM "partnership_member" AS l WHERE l."city_id" = unhex(p.value)) AND ((EXISTS (SELECT 1 FROM "city" AS cc WHERE cc."id" IN (SELECT l."city_id" FROM "partnership_member" AS l WHERE l."partnership_id" = c."id") AND cc."audience" <= ? AND (cc."country_id" IN (SELECT ccc."id" FROM "country" AS ccc WHERE ccc."audience" <= ? AND ((ccc."key" = ?))))))) ORDER BY c."since_earliest", c."id" LIMIT 21) ORDER BY o."since_earliest", o."id"

SELECT unhex(p.value) AS "parent_", o."id", o."title", o."organization_id", o."start_latest" FROM json_each(?) AS p CROSS JOIN "position" AS o WHERE o."id" IN (SELECT c."id" FROM "position" AS c WHERE c."audience" <= ? AND c."official_id" = unhex(p.value) ORDER BY c."start_latest" DESC, c."id" DESC LIMIT 21) ORDER BY o."start_latest" DESC, o."id" DESC
