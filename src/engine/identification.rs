//! Who sends a request.

use std::fmt;

use super::{Answer, Client, Engine, rate_limited, refused, timed_out};
use crate::{
    auth::Viewer,
    error::{Code, Error, request_error},
    observe::Origin,
};

/// What a failed attempt costs the client, in points. That it is not for free limits how many there are.
const FAILED_ATTEMPT_COST: u64 = 100;

/// The sender of a request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The client whose budget is charged.
    pub client: Client,
    /// Who it is, and so what may be seen.
    pub viewer: Viewer,
}

impl Caller {
    /// A viewer at an address. Whoever has a key has a budget of its own, wherever it is used.
    #[must_use]
    pub fn new(address: Client, viewer: Viewer) -> Self {
        let client = viewer.key.as_ref().map_or(address, |key| Client::Key(key.id));
        Self { client, viewer }
    }
}

/// What a client sends to show who it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Nothing.
    None,
    /// An API key.
    Key(String),
    /// Something else. The text says what would be right.
    Malformed(&'static str),
}

/// Without the key.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Key(_) => f.write_str("Key"),
            Self::Malformed(message) => f.debug_tuple("Malformed").field(message).finish(),
        }
    }
}

impl Engine {
    /// Finds out who sends a request from an address. Whoever sends wrong credentials is refused, and is never taken for
    /// somebody without any.
    pub async fn identify(&self, origin: &Origin, address: Client, credentials: Credentials) -> Result<Caller, Answer> {
        let answered = match credentials {
            Credentials::None if !self.config.require_key => Ok(Caller::new(address, Viewer::anonymous())),
            Credentials::None => {
                let message = "this server needs an API key: send it in the header Authorization: Bearer KEY";
                Err(self.charge_attempt(address, message).unwrap_or_else(|limited| limited))
            }
            Credentials::Malformed(message) => {
                Err(self.charge_attempt(address, message).unwrap_or_else(|limited| limited))
            }
            Credentials::Key(key) => self.authenticate(origin, address, &key).await,
        };
        answered.inspect_err(|answer| self.observer.request(origin).refused(answer.outcome.as_str(), None))
    }

    async fn authenticate(&self, origin: &Origin, address: Client, key: &str) -> Result<Caller, Answer> {
        // A guess is paid for before it is looked up, and one that turns out right is refunded. Who has sent the key before is not
        // held up by the guesses of others at the same address.
        let is_guess = !self.authenticator.is_known(key);
        let unauthenticated = |message| refused(request_error(Code::Unauthenticated, message));
        let charged = if is_guess { Some(self.charge_attempt(address, "")?) } else { None };
        let refund = || self.rate_limiter.refund(address, i64::try_from(FAILED_ATTEMPT_COST).unwrap_or(i64::MAX));
        let look_up = async {
            let permits = self.rate_limiter.look_up_permits(address);
            let _permit = match &permits {
                Some(permits) => permits.acquire().await.ok(),
                None => None,
            };
            self.authenticator.authenticate(key).await
        };
        let timeout = self.config.request_timeout();
        let answered = match tokio::time::timeout(timeout, look_up).await {
            Ok(Ok(Err(rejection))) => {
                // A key that was right before and has ended since is a failed attempt, too.
                let failed = charged.map_or_else(|| self.charge_attempt(address, ""), Ok)?;
                return Err(Answer { budget: failed.budget, ..unauthenticated(rejection.message()) });
            }
            Ok(Ok(Ok(viewer))) => Ok(Caller::new(address, viewer)),
            Ok(Err(cause)) => Err(refused(origin.id.during(|| Error::from(cause).shown()))),
            Err(_) => Err(refused(timed_out(timeout))),
        };
        if is_guess {
            refund();
        }
        answered
    }

    /// Charges an address for an attempt: the answer that the attempt failed, or that there were too many.
    fn charge_attempt(&self, address: Client, message: &str) -> Result<Answer, Answer> {
        let failed = refused(request_error(Code::Unauthenticated, message));
        match self.rate_limiter.charge(address, FAILED_ATTEMPT_COST) {
            Ok(budget) => Ok(Answer { budget, ..failed }),
            Err(exceeded) => {
                let message = format!(
                    "too many API keys that are not valid came from this address: retry in {} s",
                    exceeded.retry_after
                );
                let limited = rate_limited(exceeded);
                Err(Answer { body: refused(request_error(Code::RateLimited, message)).body, ..limited })
            }
        }
    }

    /// Waits until a caller may no longer ask, because the key has ended.
    pub async fn ended(&self, caller: &Caller) {
        self.authenticator.ended(&caller.viewer).await;
    }

    /// Whether a caller who was identified before may go on asking, as far as is known: it takes seconds until a key that was
    /// revoked is known to be.
    pub async fn is_valid(&self, caller: &Caller) -> bool {
        self.authenticator.is_valid(&caller.viewer).await
    }

    /// Checks that a caller who was identified before may begin something new.
    pub async fn check_caller(&self, caller: &Caller) -> Result<(), Answer> {
        if self.authenticator.is_still_valid(&caller.viewer).await {
            return Ok(());
        }
        Err(refused(request_error(Code::Unauthenticated, "the API key has expired, or it was revoked")))
    }
}
