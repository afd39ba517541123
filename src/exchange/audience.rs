//! Who may see a row: the strictest visibility among its own and those of the records that it cannot be shown without.

use sea_orm::{ConnectionTrait, DbErr};

use super::table::{Table, View};

/// Brings `audience` up to date in all tables, after rows were written.
///
/// Each row starts from its own visibility, and is raised to that of what it needs until nothing changes: so chains of any
/// length are followed, and records that need each other in a circle do not keep each other hidden.
pub(super) async fn settle(connection: &impl ConnectionTrait, tables: &[Box<dyn Table>]) -> Result<(), DbErr> {
    for table in tables {
        set(connection, table.kind(), &own(table.kind()), "<>").await?;
    }
    loop {
        let mut changed = 0;
        for table in tables {
            changed += set(connection, table.kind(), &audience(&**table), "<").await?;
        }
        if changed == 0 {
            return Ok(());
        }
    }
}

/// Sets the audience of the rows whose audience compares with it as `comparison` says, and that of their records; says how
/// many there were.
async fn set(connection: &impl ConnectionTrait, kind: &str, audience: &str, comparison: &str) -> Result<u64, DbErr> {
    let rows = format!("UPDATE \"{kind}\" SET \"audience\" = {audience} WHERE \"audience\" {comparison} {audience}");
    let changed = connection.execute_unprepared(&rows).await?.rows_affected();
    let of_row = format!("(SELECT t.\"audience\" FROM \"{kind}\" AS t WHERE t.\"id\" = \"record\".\"id\")");
    let records =
        format!("UPDATE \"record\" SET \"audience\" = {of_row} WHERE \"kind\" = '{kind}' AND \"audience\" <> {of_row}");
    connection.execute_unprepared(&records).await?;
    Ok(changed)
}

/// The expression of a row's own visibility.
fn own(kind: &str) -> String {
    format!("CASE \"{kind}\".\"visibility\" WHEN 'public' THEN 0 WHEN 'partner' THEN 1 ELSE 2 END")
}

/// The expression of a row's audience.
fn audience(table: &dyn Table) -> String {
    let kind = table.kind();
    let own = own(kind);
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
