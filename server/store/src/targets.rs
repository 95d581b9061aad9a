//! What may be built of each target: by whom, and how many at once.
//!
//! The targets that jobs wait for are few, and each is found by one look into an index behind the last.
//! So a worker for some targets, or a target at its limit, never has the whole queue read.

use crate::dialect::Dialect;

/// How many of each target's first jobs are looked at on PostgreSQL, where others may be taking some.
const HEADS: u32 = 8;

/// The place of the first job of all targets in the scope $5 that are not at their limit ($6); `head` says
/// of a row of that name whether it may be tried, as `ready` of `jobs`.
pub(crate) fn first(dialect: Dialect, ready: &str, head: &str, lock: &str) -> String {
    let may_run = may_run(dialect, "waiting.target");
    let open = format!(
        "(WITH RECURSIVE waiting (target) AS (
            SELECT min(target) FROM jobs WHERE state IN ('queued', 'started')
            UNION ALL
            SELECT (SELECT min(target) FROM jobs
                    WHERE state IN ('queued', 'started') AND target > waiting.target)
            FROM waiting WHERE waiting.target IS NOT NULL)
          SELECT target FROM waiting WHERE target IS NOT NULL AND {may_run}) AS open"
    );
    let heads = format!(
        "FROM jobs AS head WHERE head.target = open.target AND {head}
         ORDER BY head.turn, head.place LIMIT"
    );
    // Sorted before they are joined: read in the order of `jobs`, all that may not run would be, too.
    let (from, order) = match dialect {
        Dialect::Sqlite => (
            format!("{open} JOIN jobs ON jobs.place = (SELECT head.place {heads} 1)"),
            "jobs.turn + 0, jobs.place + 0",
        ),
        Dialect::Postgres => (
            format!(
                "(SELECT head.turn, head.place FROM {open}
                    CROSS JOIN LATERAL (SELECT head.turn, head.place {heads} {HEADS}) AS head
                  ORDER BY head.turn, head.place) AS heads JOIN jobs ON jobs.place = heads.place"
            ),
            "heads.turn, heads.place",
        ),
    };
    format!("SELECT jobs.place FROM {from} WHERE {ready} ORDER BY {order} LIMIT 1 {lock}")
}

/// Whether a job of this target may be tried now.
pub(crate) fn may_run(dialect: Dialect, target: &str) -> String {
    let is_within = dialect.is_within(target, "$5");
    let limit = dialect.number_of("$6", target);
    format!(
        "{is_within} AND ({limit} IS NULL OR {limit} >
            (SELECT count(*) FROM jobs AS running WHERE running.state = 'started'
             AND running.lease_until > $4 AND running.target = {target}))"
    )
}
