//! Who sends a request.

use super::{Answer, Caller, Client, Engine, rate_limited, refused};
use crate::{
    auth::Viewer,
    error::{Code, Error, request_error},
    observe::Origin,
};

/// What a failed attempt costs the client, in points. That it is not for free limits how many there are.
const FAILED_ATTEMPT_COST: u64 = 100;

/// What a client sends to show who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// Nothing.
    None,
    /// An API key.
    Key(String),
    /// Something else. The text says what would be right.
    Malformed(&'static str),
}

impl Engine {
    /// Finds out who sends a request from an address. Whoever sends wrong credentials is refused, and is never taken for
    /// somebody without any.
    pub async fn identify(&self, origin: &Origin, client: Client, credentials: Credentials) -> Result<Caller, Answer> {
        let message = match credentials {
            Credentials::None if !self.config.require_key => {
                return Ok(Caller { client, viewer: Viewer::anonymous() });
            }
            Credentials::None => "this server needs an API key: send it in the header Authorization: Bearer KEY",
            Credentials::Malformed(message) => message,
            Credentials::Key(key) => {
                let permits = self.rate_limiter.statement_permits(client);
                let _permit = match &permits {
                    Some(permits) => permits.acquire().await.ok(),
                    None => None,
                };
                match self.authenticator.authenticate(&key).await {
                    Ok(Ok(viewer)) => return Ok(Caller::new(client, viewer)),
                    Ok(Err(rejection)) => rejection.message(),
                    Err(cause) => {
                        let error = origin.id.during(|| Error::from(cause).shown());
                        return Err(self.refuse_attempt(origin, client, refused(error)));
                    }
                }
            }
        };
        Err(self.refuse_attempt(origin, client, refused(request_error(Code::Unauthenticated, message))))
    }

    fn refuse_attempt(&self, origin: &Origin, client: Client, mut answer: Answer) -> Answer {
        match self.rate_limiter.charge(client, FAILED_ATTEMPT_COST) {
            Ok(budget) => answer.budget = budget,
            Err(exceeded) => answer = rate_limited(exceeded),
        }
        self.observer.request(origin).refused(answer.outcome.as_str(), None);
        answer
    }

    /// Waits until a caller may no longer ask, because the key has ended.
    pub async fn ended(&self, caller: &Caller) {
        self.authenticator.ended(&caller.viewer).await;
    }

    /// Whether a caller who was identified before may go on asking.
    pub async fn is_valid(&self, caller: &Caller) -> bool {
        self.authenticator.is_valid(&caller.viewer).await
    }
}
