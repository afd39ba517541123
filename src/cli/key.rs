//! The command `key`: who may see more than what is public.

use clap::{Args, Subcommand};

use super::{Db, Failed, open, print, report_progress, say, unless_closed};
use crate::{
    auth::{
        Role, Token,
        api_key::{self, Model, NewKey},
    },
    clock::{Clock, IdSource},
    db::{Moment, begin_writing},
};

/// The longest name of a key, in characters.
const MAX_NAME: usize = 100;
/// A day, in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;

#[derive(Subcommand)]
pub(super) enum Key {
    /// Creates a key, and prints it. It is shown only now: the database has its hash.
    Create(Create),
    /// Lists all keys: whose they are, what they allow, and when they were last used.
    List(Db),
    /// Revokes a key. It is refused from now on, and its open connections end within seconds.
    Revoke(Existing),
    /// Replaces a key by a new one with the same name, role and expiry, and prints it. The old one is refused from now on.
    Rotate(Existing),
}

#[derive(Args)]
pub(super) struct Create {
    /// Whose key it is, such as `Shanghai office`.
    #[arg(long, value_parser = name)]
    name: String,
    /// What its owner may do.
    #[arg(long, value_enum)]
    role: Role,
    /// The last day on which it is valid (UTC), such as 2027-12-31, or the moment from which it is not, such as
    /// 2027-12-31T12:00:00Z. Without it, the key does not expire.
    #[arg(long, value_parser = expiry)]
    expires: Option<Moment>,
    #[command(flatten)]
    db: Db,
}

#[derive(Args)]
pub(super) struct Existing {
    /// The prefix of the key, which `key list` shows: what is between `coopgraph_` and the next `_`.
    prefix: String,
    #[command(flatten)]
    db: Db,
}

fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_NAME || text.contains(char::is_control) {
        return Err(format!("use 1 to {MAX_NAME} characters, without control characters"));
    }
    Ok(text.to_owned())
}

/// The prefix of a key, which may be given whole: the secret is not shown again.
fn prefix_of(text: &str) -> Result<String, String> {
    if !text.starts_with("coopgraph_") {
        return Ok(text.to_owned());
    }
    let token =
        Token::parse(text).ok_or("this is neither a key nor a prefix: `coopgraph key list` shows the prefixes")?;
    Ok(token.prefix().to_owned())
}

/// Parses when a key expires.
fn expiry(text: &str) -> Result<Moment, String> {
    let after_day = || Moment::parse_rfc3339(&format!("{text}T00:00:00Z")).map(|day| Moment(day.0 + DAY));
    let moment = Moment::parse_rfc3339(text).or_else(after_day);
    let moment = moment.ok_or("use a day such as 2027-12-31, or a moment such as 2027-12-31T12:00:00Z")?;
    // The end of the last day that can be written cannot.
    if moment.to_rfc3339().is_some() {
        Ok(moment)
    } else {
        Err("use an earlier day, or no --expires at all".to_owned())
    }
}

pub(super) async fn run(key: Key) -> Result<(), Failed> {
    let clock = Clock::system();
    match key {
        Key::Create(Create { name, role, expires, db }) => {
            if expires.is_some_and(|expires| expires.0 <= clock.now()) {
                return Err("the key would have expired already: use a later --expires".into());
            }
            let database = open(&db).await?;
            let new = NewKey { name, role, expires_at: expires };
            let transaction = begin_writing(database.connection()).await?;
            let token = api_key::create(&transaction, new, &clock, &IdSource::system()).await?;
            // A key that nobody has seen is not created.
            print(token.text()).map_err(|cause| format!("the key cannot be shown, and is not created: {cause}"))?;
            transaction.commit().await?;
            report_progress(&"keep the key: it is shown only now");
        }
        Key::List(db) => {
            let database = open(&db).await?;
            let now = clock.now();
            let lines: Vec<_> = api_key::list(database.connection()).await?.iter().map(|key| line(key, now)).collect();
            if !lines.is_empty() {
                print(&lines.join("\n")).or_else(unless_closed)?;
            }
        }
        Key::Revoke(Existing { prefix, db }) => {
            let (database, prefix) = (open(&db).await?, prefix_of(&prefix)?);
            let transaction = begin_writing(database.connection()).await?;
            let key = api_key::revoke(&transaction, &prefix, &clock).await?;
            transaction.commit().await?;
            say(&format_args!("revoked the key {} of {}", key.prefix, key.name));
        }
        Key::Rotate(Existing { prefix, db }) => {
            let (database, prefix) = (open(&db).await?, prefix_of(&prefix)?);
            let transaction = begin_writing(database.connection()).await?;
            let token = api_key::rotate(&transaction, &prefix, &clock).await?;
            print(token.text()).map_err(|cause| format!("the key cannot be shown, and {prefix} goes on: {cause}"))?;
            transaction.commit().await?;
            report_progress(&format_args!("keep the key: it is shown only now, and {prefix} is refused"));
        }
    }
    Ok(())
}

/// A line of the list.
fn line(key: &Model, now: i64) -> String {
    let moment = |at: Option<Moment>, never: &str| at.and_then(Moment::to_rfc3339).unwrap_or_else(|| never.to_owned());
    let ended = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {}", moment(Some(at), "")),
        (None, Some(at)) if at.0 <= now => format!("expired {}", moment(Some(at), "")),
        (None, at) => format!("expires {}", moment(at, "never")),
    };
    let role = format!("{:?}", key.role).to_lowercase();
    let used = moment(key.last_used_at, "never");
    format!(
        "{}  {role:<8} {}: created {}, last used {used}, {ended}",
        key.prefix,
        key.name,
        moment(Some(key.created_at), "")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_valid_through_its_last_day() {
        let at = |text| expiry(text).ok().and_then(Moment::to_rfc3339);
        assert_eq!(at("2027-12-31").as_deref(), Some("2028-01-01T00:00:00.000Z"));
        assert_eq!(at("2027-12-31T12:00:00+02:00").as_deref(), Some("2027-12-31T10:00:00.000Z"));
        for wrong in ["", "tomorrow", "2027-02-30", "31.12.2027", "9999-12-31"] {
            assert!(expiry(wrong).is_err(), "{wrong}");
        }
    }
}
