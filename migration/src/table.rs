//! Tables as this project has them, written in the SQL of either database.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

pub(crate) use self::{
    columns::{add_generated, drop_columns, make_optional, make_required},
    indexes::{create_index, drop_index},
};

mod columns;
mod indexes;

/// A table being described.
pub(crate) struct Table {
    name: &'static str,
    columns: Vec<Column>,
    constraints: Vec<String>,
    indexes: Vec<Vec<String>>,
    /// What lists of a parent's rows are ordered by, after the reference to the parent.
    sorted_by: Option<&'static str>,
    references: Vec<&'static str>,
    /// The primary key of a table of links.
    key: Vec<String>,
}

struct Column {
    name: String,
    ty: Type,
    required: bool,
}

#[derive(Clone, Copy)]
enum Type {
    Id,
    Text,
    Integer,
    BigInteger,
    SmallInteger,
    Real,
    Boolean,
    Bytes,
}

impl Table {
    /// A table of links or other rows that are no records.
    pub(crate) fn plain(name: &'static str) -> Self {
        Self {
            name,
            columns: Vec::new(),
            constraints: Vec::new(),
            indexes: Vec::new(),
            sorted_by: None,
            references: Vec::new(),
            key: Vec::new(),
        }
    }

    /// A table of records.
    pub(crate) fn record(name: &'static str) -> Self {
        let mut table = Self::plain(name);
        table.column("id", Type::Id, true);
        table.column("key", Type::Text, true);
        table.constraints.push(format!("CONSTRAINT \"pk_{name}\" PRIMARY KEY (\"id\")"));
        table.constraints.push(format!("CONSTRAINT \"uq_{name}_key\" UNIQUE (\"key\")"));
        table.constraints.push(format!(
            "CONSTRAINT \"fk_{name}_id\" FOREIGN KEY (\"id\") REFERENCES \"record\" (\"id\") ON DELETE CASCADE DEFERRABLE"
        ));
        table
    }

    fn column(&mut self, name: impl Into<String>, ty: Type, required: bool) {
        self.columns.push(Column { name: name.into(), ty, required });
    }

    /// A required id, without a reference.
    pub(crate) fn id(mut self, name: &'static str) -> Self {
        self.column(name, Type::Id, true);
        self
    }

    /// A required text.
    pub(crate) fn text(mut self, name: &'static str) -> Self {
        self.column(name, Type::Text, true);
        self
    }

    /// A text that may be empty.
    pub(crate) fn optional_text(mut self, name: &'static str) -> Self {
        self.column(name, Type::Text, false);
        self
    }

    /// The main name, its folded form, by which it is searched and ordered, and its language.
    pub(crate) fn name(mut self, name: &'static str) -> Self {
        self.column(name, Type::Text, true);
        self.column(format!("{name}_sort"), Type::Text, true);
        self.column("language", Type::Text, true);
        self.indexes.push(vec![format!("{name}_sort"), "id".into()]);
        self
    }

    /// A required text that is filtered by.
    pub(crate) fn word(self, name: &'static str) -> Self {
        self.text(name).index(&[name])
    }

    /// A text that may be empty and is filtered by.
    pub(crate) fn optional_word(self, name: &'static str) -> Self {
        self.optional_text(name).index(&[name])
    }

    /// A whole number that may be empty; it is filtered by, and ordered by with empty ones last.
    pub(crate) fn optional_integer(mut self, name: &'static str) -> Self {
        self.column(name, Type::Integer, false);
        self.indexes.push(vec![name.into()]);
        self.indexes.push(vec![format!("COALESCE(\"{name}\", 9223372036854775807)"), "id".into()]);
        self.indexes.push(vec![format!("COALESCE(\"{name}\", -9223372036854775807)"), "id".into()]);
        self
    }

    /// A number that may be empty.
    pub(crate) fn optional_real(mut self, name: &'static str) -> Self {
        self.column(name, Type::Real, false);
        self.index(&[name])
    }

    /// A number that may be empty, and that nothing looks for by itself: it has no index.
    pub(crate) fn optional_component(mut self, name: &'static str) -> Self {
        self.column(name, Type::Real, false);
        self
    }

    /// A required small number.
    pub(crate) fn small_integer(mut self, name: &'static str) -> Self {
        self.column(name, Type::SmallInteger, true);
        self
    }

    /// A required whole number.
    pub(crate) fn integer(mut self, name: &'static str) -> Self {
        self.column(name, Type::Integer, true);
        self
    }

    /// A required number of 64 bits.
    pub(crate) fn big_integer(mut self, name: &'static str) -> Self {
        self.column(name, Type::BigInteger, true);
        self
    }

    /// A whole number of 64 bits that may be empty.
    pub(crate) fn optional_big_integer(mut self, name: &'static str) -> Self {
        self.column(name, Type::BigInteger, false);
        self
    }

    /// An exact decimal as text, and its size, by which it is compared.
    pub(crate) fn decimal(mut self, name: &'static str) -> Self {
        self.column(name, Type::Text, true);
        self.column(format!("{name}_sort"), Type::Real, true);
        self.indexes.push(vec![format!("{name}_sort"), "id".into()]);
        self
    }

    /// Required bytes.
    pub(crate) fn bytes(mut self, name: &'static str) -> Self {
        self.column(name, Type::Bytes, true);
        self
    }

    /// Yes or no.
    pub(crate) fn boolean(mut self, name: &'static str) -> Self {
        self.column(name, Type::Boolean, true);
        self.index(&[name])
    }

    /// A date: as written, its earliest and its latest day (days since 1970-01-01).
    pub(crate) fn date(mut self, name: &'static str) -> Self {
        self.column(name, Type::Text, false);
        for end in ["earliest", "latest"] {
            self.column(format!("{name}_{end}"), Type::Integer, true);
            self.indexes.push(vec![format!("{name}_{end}"), "id".into()]);
        }
        self
    }

    /// A required reference to a record of one kind.
    pub(crate) fn refers(self, name: &'static str, to: &'static str) -> Self {
        self.reference(name, to, true)
    }

    /// A reference to a record of one kind that may be empty.
    pub(crate) fn may_refer(self, name: &'static str, to: &'static str) -> Self {
        self.reference(name, to, false)
    }

    fn reference(mut self, name: &'static str, to: &'static str, required: bool) -> Self {
        self.column(name, Type::Id, required);
        self.constraints.push(format!(
            "CONSTRAINT \"fk_{}_{name}\" FOREIGN KEY (\"{name}\") REFERENCES \"{to}\" (\"id\") DEFERRABLE",
            self.name
        ));
        self.references.push(name);
        self
    }

    /// A required reference to a record of any of `kinds`: the id, and the kind beside it.
    pub(crate) fn refers_any(self, name: &'static str, id: &'static str, kind: &'static str, kinds: &[&str]) -> Self {
        self.any_reference(name, id, kind, kinds, true)
    }

    /// The same, where it may be empty.
    pub(crate) fn may_refer_any(
        self,
        name: &'static str,
        id: &'static str,
        kind: &'static str,
        kinds: &[&str],
    ) -> Self {
        self.any_reference(name, id, kind, kinds, false)
    }

    fn any_reference(
        mut self,
        name: &str,
        id: &'static str,
        kind: &'static str,
        kinds: &[&str],
        required: bool,
    ) -> Self {
        self.column(id, Type::Id, required);
        self.column(kind, Type::Text, required);
        let table = self.name;
        self.constraints.push(format!(
            "CONSTRAINT \"fk_{table}_{name}\" FOREIGN KEY (\"{id}\", \"{kind}\") REFERENCES \"record\" (\"id\", \"kind\") DEFERRABLE"
        ));
        let kinds: Vec<_> = kinds.iter().map(|k| format!("'{k}'")).collect();
        if !kinds.is_empty() {
            self.constraints
                .push(format!("CONSTRAINT \"ck_{table}_{kind}\" CHECK (\"{kind}\" IN ({}))", kinds.join(", ")));
        }
        self.references.push(id);
        self
    }

    /// What belongs to a record, and goes with it.
    pub(crate) fn belongs_to(mut self, name: &'static str, to: &'static str) -> Self {
        self.column(name, Type::Id, true);
        self.constraints.push(format!(
            "CONSTRAINT \"fk_{}_{name}\" FOREIGN KEY (\"{name}\") REFERENCES \"{to}\" (\"id\") ON DELETE CASCADE DEFERRABLE",
            self.name
        ));
        self.references.push(name);
        self
    }

    /// The primary key of a table of links.
    pub(crate) fn key(mut self, columns: &[&str]) -> Self {
        self.constraints.push(format!("CONSTRAINT \"pk_{}\" PRIMARY KEY ({})", self.name, quoted(columns)));
        self.key = columns.iter().map(|c| (*c).to_owned()).collect();
        self
    }

    /// Columns that are unique together.
    pub(crate) fn unique(mut self, columns: &[&str]) -> Self {
        self.constraints.push(format!(
            "CONSTRAINT \"uq_{}_{}\" UNIQUE ({})",
            self.name,
            columns.join("_"),
            quoted(columns)
        ));
        self
    }

    /// A condition on rows.
    pub(crate) fn check(mut self, name: &str, condition: &str) -> Self {
        self.constraints.push(format!("CONSTRAINT \"ck_{}_{name}\" CHECK ({condition})", self.name));
        self
    }

    /// A further index.
    pub(crate) fn index(mut self, columns: &[&str]) -> Self {
        self.indexes.push(columns.iter().map(|c| (*c).to_owned()).collect());
        self
    }

    /// What lists of a parent's rows are ordered by when the client does not say.
    pub(crate) fn sorted_by(mut self, column: &'static str) -> Self {
        self.sorted_by = Some(column);
        self
    }

    /// Makes the table and its indexes.
    pub(crate) async fn create(mut self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let postgres = manager.get_database_backend() == DbBackend::Postgres;
        if self.columns.iter().any(|c| c.name == "key") && self.columns[0].name == "id" {
            let name = self.name;
            self.column("note", Type::Text, false);
            self.column("visibility", Type::Text, true);
            self.column("audience", Type::SmallInteger, true);
            self.column("version", Type::Integer, true);
            self.column("created_at", Type::BigInteger, true);
            self.column("updated_at", Type::BigInteger, true);
            self.indexes.push(vec!["visibility".into()]);
            self.constraints.push(format!(
                "CONSTRAINT \"ck_{name}_visibility\" CHECK (\"visibility\" IN ('public', 'partner', 'internal'))"
            ));
            self.constraints.push(format!("CONSTRAINT \"ck_{name}_audience\" CHECK (\"audience\" BETWEEN 0 AND 2)"));
        }
        let columns = self
            .columns
            .iter()
            .map(|c| format!("\"{}\" {}{}", c.name, c.ty.sql(postgres), if c.required { " NOT NULL" } else { "" }));
        let body: Vec<_> = columns.chain(self.constraints.iter().cloned()).collect();
        let connection = manager.get_connection();
        // Rows are had by their ids: SQLite then finds them where they lie, not by way of an index.
        let form = if postgres { "" } else { " WITHOUT ROWID" };
        connection
            .execute_unprepared(&format!("CREATE TABLE \"{}\" (\n  {}\n){form}", self.name, body.join(",\n  ")))
            .await?;
        let table = self.name;
        for index in indexes_of(self) {
            create_index(manager, table, &index).await?;
        }
        Ok(())
    }

    /// Takes a table away.
    pub(crate) async fn drop(manager: &SchemaManager<'_>, name: &str) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(&format!("DROP TABLE \"{name}\"")).await.map(drop)
    }
}

/// The indexes of a table: those of its columns, and one for each reference.
fn indexes_of(table: Table) -> Vec<Vec<String>> {
    let mut indexes = table.indexes;
    for reference in table.references {
        let mut columns = vec![reference.to_owned()];
        if table.key.is_empty() {
            columns.extend(table.sorted_by.filter(|c| *c != reference).map(str::to_owned));
            // Whoever may not see a row is told so by the index; counting needs nothing else.
            columns.extend(["id".to_owned(), "audience".to_owned()]);
        } else if table.key[0] == reference {
            // The primary key serves.
            continue;
        } else {
            // The other end of the link is had from the index.
            columns.extend(table.key.iter().filter(|c| *c != reference).cloned());
        }
        indexes.push(columns);
    }
    indexes
}

impl Type {
    const fn sql(self, postgres: bool) -> &'static str {
        match (self, postgres) {
            (Self::Id, true) => "uuid",
            (Self::Id, false) => "uuid_blob",
            // One order on both databases: by code point.
            (Self::Text, true) => "text COLLATE \"C\"",
            (Self::Text, false) => "text",
            (Self::Integer, _) => "integer",
            (Self::BigInteger, _) => "bigint",
            (Self::SmallInteger, _) => "smallint",
            (Self::Real, _) => "double precision",
            (Self::Boolean, _) => "boolean",
            (Self::Bytes, true) => "bytea",
            (Self::Bytes, false) => "blob",
        }
    }
}

fn quoted(columns: &[&str]) -> String {
    columns.iter().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ")
}
