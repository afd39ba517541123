//! Who may see a row: the strictest visibility among its own and those of the records that it cannot be shown without.

use sea_orm::{ConnectionTrait, DbErr};

use super::table::{Table, View};

/// How often records can depend on each other in a row (a citation of a citation of …) before we stop following.
const DEPTH: usize = 16;

/// Brings `audience` up to date in all tables, after rows were written.
pub(super) async fn settle(connection: &impl ConnectionTrait, tables: &[Box<dyn Table>]) -> Result<(), DbErr> {
    for _ in 0..DEPTH {
        let mut changed = 0;
        for table in tables {
            let kind = table.kind();
            let audience = audience(&**table);
            let row = format!("UPDATE \"{kind}\" SET \"audience\" = {audience} WHERE \"audience\" <> {audience}");
            changed += connection.execute_unprepared(&row).await?.rows_affected();
            let of_row = format!("(SELECT t.\"audience\" FROM \"{kind}\" AS t WHERE t.\"id\" = \"record\".\"id\")");
            let record = format!(
                "UPDATE \"record\" SET \"audience\" = {of_row} WHERE \"kind\" = '{kind}' AND \"audience\" <> {of_row}"
            );
            connection.execute_unprepared(&record).await?;
        }
        if changed == 0 {
            break;
        }
    }
    Ok(())
}

/// The expression of a row's audience.
fn audience(table: &dyn Table) -> String {
    let kind = table.kind();
    let own = format!("CASE \"{kind}\".\"visibility\" WHEN 'public' THEN 0 WHEN 'partner' THEN 1 ELSE 2 END");
    let mut all = vec![format!("SELECT {own} AS \"a\"")];
    for owner in table.owners() {
        all.push(format!("SELECT r.\"audience\" FROM \"record\" AS r WHERE r.\"id\" = \"{kind}\".\"{owner}\""));
    }
    for column in table.columns() {
        if let View::List { links, at_least: 1.., .. } = column.cell {
            all.push(format!(
                "SELECT r.\"audience\" FROM \"record\" AS r JOIN \"{}\" AS l ON r.\"id\" = l.\"{}\" WHERE l.\"{}\" = \"{kind}\".\"id\"",
                links.table, links.to, links.from
            ));
        }
    }
    if all.len() == 1 { own } else { format!("(SELECT MAX(\"a\") FROM ({}) AS x)", all.join(" UNION ALL ")) }
}
