//! Columns of tables, as their `SeaORM` entities declare them.

use sea_orm::{ColumnTrait, DbErr, QueryResult, Value, sea_query::ColumnType};

/// A column of an entity's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its position among the columns of the entity.
    pub index: usize,
    /// The type of its values.
    pub data_type: DataType,
    /// Whether values may be missing.
    pub nullable: bool,
    /// How many characters its texts may have; known for all columns of texts.
    pub max_length: Option<usize>,
}

/// The types of values that columns have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataType {
    /// Text.
    Text,
    /// 16 bits.
    SmallInteger,
    /// 32 bits.
    Integer,
    /// 64 bits.
    BigInteger,
    /// A floating-point number of 64 bits.
    Double,
    /// True or false.
    Boolean,
    /// A UUID.
    Uuid,
    /// Bytes.
    Bytes,
}

impl Column {
    /// The description of a column of an entity.
    ///
    /// # Panics
    /// If the column has a type that no attribute has.
    pub(super) fn of<C: ColumnTrait>(column: C, index: usize) -> Self {
        let definition = column.def();
        let data_type = match definition.get_column_type() {
            ColumnType::Text | ColumnType::String(_) => DataType::Text,
            ColumnType::SmallInteger => DataType::SmallInteger,
            ColumnType::Integer => DataType::Integer,
            ColumnType::BigInteger => DataType::BigInteger,
            ColumnType::Double => DataType::Double,
            ColumnType::Boolean => DataType::Boolean,
            ColumnType::Uuid => DataType::Uuid,
            other => panic!("{}: columns of the type {other:?} are not supported", column.as_str()),
        };
        Self { name: column.as_str(), index, data_type, nullable: definition.is_null(), max_length: None }
    }

    /// Reads a value of this column from a row of a result.
    pub fn read(&self, row: &QueryResult, index: usize) -> Result<Value, DbErr> {
        self.data_type.read(row, index)
    }

    /// The value `NULL`, typed like the column.
    #[must_use]
    pub fn null(&self) -> Value {
        match self.data_type {
            DataType::Text => Value::String(None),
            DataType::SmallInteger => Value::SmallInt(None),
            DataType::Integer => Value::Int(None),
            DataType::BigInteger => Value::BigInt(None),
            DataType::Double => Value::Double(None),
            DataType::Boolean => Value::Bool(None),
            DataType::Uuid => Value::Uuid(None),
            DataType::Bytes => Value::Bytes(None),
        }
    }
}

impl DataType {
    /// Reads a value of this type from a row of a result.
    pub fn read(self, row: &QueryResult, index: usize) -> Result<Value, DbErr> {
        Ok(match self {
            Self::Text => Value::String(row.try_get_by_index(index)?),
            Self::SmallInteger => Value::SmallInt(row.try_get_by_index(index)?),
            Self::Integer => Value::Int(row.try_get_by_index(index)?),
            Self::BigInteger => Value::BigInt(row.try_get_by_index(index)?),
            Self::Double => Value::Double(row.try_get_by_index(index)?),
            Self::Boolean => Value::Bool(row.try_get_by_index(index)?),
            Self::Uuid => Value::Uuid(row.try_get_by_index(index)?),
            Self::Bytes => Value::Bytes(row.try_get_by_index(index)?),
        })
    }
}
