//! Who may build for this server from elsewhere.

use std::fmt;
use std::str::FromStr;

use asu_protocol::name::Target;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;
use thiserror::Error;

use crate::StoreError;
use crate::store::{Store, millis};

/// How exactly it is written down when a token was last seen, milliseconds: workers ask all the time.
const SEEN: i64 = 60_000;

/// The targets whose jobs a worker is given: `x86/64`, `ath79/*`, or `*` for all.
///
/// Read from text with spaces or commas between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(Vec<String>);

/// A text that does not say which targets.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} names no targets: give ath79/generic, ath79/* for all subtargets, or * for all targets"
)]
pub struct InvalidScope(String);

impl Default for Scope {
    /// All targets.
    fn default() -> Self {
        Self(vec!["*".to_owned()])
    }
}

impl Scope {
    /// The patterns.
    pub fn patterns(&self) -> &[String] {
        &self.0
    }

    /// Whether that is every target there may ever be.
    pub(crate) fn is_all(&self) -> bool {
        self.0.iter().any(|pattern| pattern == "*")
    }

    /// For the statement that looks for a target in it: each pattern has a space on both sides.
    pub(crate) fn framed(&self) -> String {
        format!(" {self} ")
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        let words = text.split([',', ' ']).filter(|word| !word.is_empty());
        let patterns: Vec<String> = words.map(str::to_owned).collect();
        let wrong = patterns.iter().find(|pattern| !is_pattern(pattern));
        match wrong {
            Some(wrong) => Err(InvalidScope(wrong.clone())),
            None if patterns.is_empty() => Err(InvalidScope(text.to_owned())),
            None => Ok(Self(patterns)),
        }
    }
}

fn is_pattern(text: &str) -> bool {
    let whole = text
        .strip_suffix("/*")
        .map_or_else(|| text.to_owned(), |target| format!("{target}/any"));
    text == "*" || whole.parse::<Target>().is_ok()
}

/// What is known of a worker's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What people call it.
    pub name: String,
    /// What its workers may build.
    pub scope: Scope,
    /// When it was made.
    pub made_at: Timestamp,
    /// When a worker last came with it, to a minute; `None`: never.
    pub seen_at: Option<Timestamp>,
}

impl Store {
    /// Admits workers that have the token with this hash. `false`: the name is taken.
    pub async fn add_token(
        &self,
        name: &str,
        token_hash: &str,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let added = sqlx::query(
            "INSERT INTO worker_tokens (token_hash, name, targets, made_at)
             VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(token_hash)
        .bind(name)
        .bind(scope.to_string())
        .bind(millis(now))
        .execute(&self.pool)
        .await?;
        Ok(added.rows_affected() == 1)
    }

    /// Admits workers with this token no longer. `false`: there is none of this name.
    pub async fn revoke_token(&self, name: &str) -> Result<bool, StoreError> {
        let revoked = sqlx::query("DELETE FROM worker_tokens WHERE name = $1")
            .bind(name)
            .execute(&self.pool)
            .await?;
        Ok(revoked.rows_affected() == 1)
    }

    /// All tokens, by name.
    pub async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        let rows =
            sqlx::query("SELECT name, targets, made_at, seen_at FROM worker_tokens ORDER BY name");
        let rows = rows.fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// The token with this hash, if there is one and it was not revoked.
    pub async fn token(&self, token_hash: &str) -> Result<Option<Token>, StoreError> {
        let row = sqlx::query(
            "SELECT name, targets, made_at, seen_at FROM worker_tokens WHERE token_hash = $1",
        );
        let row = row.bind(token_hash).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// Notes that a worker came with a token.
    pub async fn token_seen(&self, token: &Token, now: Timestamp) -> Result<(), StoreError> {
        let lately = |seen: Timestamp| millis(now) - millis(seen) < SEEN;
        if token.seen_at.is_some_and(lately) {
            return Ok(());
        }
        sqlx::query("UPDATE worker_tokens SET seen_at = $2 WHERE name = $1")
            .bind(&token.name)
            .bind(millis(now))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

fn read(row: &AnyRow) -> Result<Token, StoreError> {
    let time = |millis| Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MIN);
    let targets: String = row.try_get("targets")?;
    let seen: Option<i64> = row.try_get("seen_at")?;
    Ok(Token {
        name: row.try_get("name")?,
        // What this version cannot read admits to nothing.
        scope: targets.parse().unwrap_or(Scope(Vec::new())),
        made_at: time(row.try_get("made_at")?),
        seen_at: seen.map(time),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_named_one_by_one_by_kind_or_all_at_once() {
        for (text, shown) in [
            ("ath79/generic", "ath79/generic"),
            ("x86/64, ath79/*", "x86/64 ath79/*"),
            ("*", "*"),
        ] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), shown);
        }
        for wrong in ["", " ", "ath79", "*/generic", "ath79/**", "a/b/c", "../*"] {
            let refused = wrong.parse::<Scope>().unwrap_err().to_string();
            assert!(refused.contains("ath79/*"), "{refused}");
        }
    }
}
