//! Roles.

use async_graphql::Enum;
use clap::ValueEnum;
use sea_orm::{DeriveActiveEnum, EnumIter};

use crate::{model::Visibility, query::loader::Clearance};

/// What a viewer may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum, ValueEnum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Role {
    /// Sees the records whose visibility is `PUBLIC`, as everybody does.
    #[default]
    Reader,
    /// Sees the records whose visibility is `PARTNER`, too.
    Partner,
    /// Sees all records, and writes them.
    Editor,
}

impl Role {
    /// What viewers of this role may see.
    #[must_use]
    pub const fn clearance(self) -> Clearance {
        Clearance::new(match self {
            Self::Reader => Visibility::Public,
            Self::Partner => Visibility::Partner,
            Self::Editor => Visibility::Internal,
        })
    }

    /// Whether viewers of this role may write.
    #[must_use]
    pub const fn may_write(self) -> bool {
        matches!(self, Self::Editor)
    }
}
