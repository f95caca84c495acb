//! Days on the command line.

use anyhow::anyhow;
use facteur_model::clock::Timestamp;
use facteur_model::date::Date;

use crate::output::Talk;

const DAY: i64 = 24 * 3600 * 1000;

/// `2026-11-23` or `23/11/2026`.
pub fn date(talk: Talk, text: &str) -> anyhow::Result<Date> {
    let parts: Vec<&str> = text.split('/').collect();
    let iso = match parts.as_slice() {
        [day, month, year] => format!("{year}-{month:0>2}-{day:0>2}"),
        _ => text.to_owned(),
    };
    Date::parse(&iso).map_err(|_| anyhow!(talk.say("report.not_a_date", &[("text", text)])))
}

/// The first instant (UTC) of the day that is so many days after the one named.
pub fn start(talk: Talk, text: Option<&str>, later: i64) -> anyhow::Result<Option<Timestamp>> {
    let Some(text) = text else { return Ok(None) };
    let epoch = Date::new(1970, 1, 1).map_err(|_| anyhow!("1970-01-01"))?;
    Ok(Some(Timestamp((date(talk, text)?.days_since(epoch) + later) * DAY)))
}
