//! Moments, and their text form.

use std::num::NonZero;

use time::{
    OffsetDateTime,
    format_description::well_known::{
        Iso8601, Rfc3339,
        iso8601::{Config, TimePrecision},
    },
};

/// A moment: milliseconds since 1970-01-01T00:00Z. Its text form is that of RFC 3339 in UTC, with milliseconds, such as
/// `2026-11-24T09:30:00.000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default, sea_orm::DeriveValueType)]
pub struct Moment(pub i64);

const MILLISECONDS: Iso8601<
    {
        let milliseconds = TimePrecision::Second { decimal_digits: NonZero::new(3) };
        Config::DEFAULT.set_time_precision(milliseconds).encode()
    },
> = Iso8601;

impl Moment {
    /// Reads any form of RFC 3339, of a moment that also has one in UTC; what is finer than a millisecond is cut off.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        let moment = Self(i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000)).ok()?);
        moment.to_rfc3339().map(|_| moment)
    }

    /// The day in UTC, in days since 1970-01-01.
    #[must_use]
    pub fn day(self) -> i32 {
        const MILLISECONDS_PER_DAY: i64 = 24 * 60 * 60 * 1_000;
        i32::try_from(self.0.div_euclid(MILLISECONDS_PER_DAY)).unwrap_or(i32::MAX)
    }

    /// The text form; `None` for years before 0 or after 9999, which it does not have.
    #[must_use]
    pub fn to_rfc3339(self) -> Option<String> {
        let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000).ok()?;
        moment.format(&MILLISECONDS).ok()
    }
}
