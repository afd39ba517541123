//! Who asks, as the schema tells it.

use async_graphql::{ComplexObject, Context, SimpleObject};

use super::RateLimit;
use crate::{auth, db::Moment, model::Visibility};

/// The sender of this request, and what it may do.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Viewer {
    /// The role of the viewer. Without an API key, it is `READER`.
    pub role: auth::Role,
    /// The name of the API key; `null` without one.
    pub name: Option<String>,
    /// The beginning of the API key, by which it is known to the operator; `null` without one.
    pub key_prefix: Option<String>,
    /// The date and time at which the API key expires; `null` if it does not, or without one.
    pub expires_at: Option<Moment>,
}

#[ComplexObject]
impl Viewer {
    /// A list of the visibilities of records that the viewer sees.
    async fn sees(&self) -> Vec<Visibility> {
        let clearance = self.role.clearance();
        let all = [Visibility::Public, Visibility::Partner, Visibility::Internal];
        all.into_iter().filter(|visibility| visibility.rank() <= clearance.rank()).collect()
    }

    /// Whether the viewer may write: create, update and delete records.
    async fn may_write(&self) -> bool {
        self.role.may_write()
    }

    /// The rate limit of the viewer, and the cost of this operation; `null` if the rate limit is off.
    async fn rate_limit(&self, context: &Context<'_>) -> Option<RateLimit> {
        context.data_opt::<RateLimit>().copied()
    }
}

impl From<auth::Viewer> for Viewer {
    fn from(auth::Viewer { role, key }: auth::Viewer) -> Self {
        Self {
            role,
            name: key.as_ref().map(|key| key.name.clone()),
            key_prefix: key.as_ref().map(|key| key.prefix.clone()),
            expires_at: key.and_then(|key| key.expires_at),
        }
    }
}
