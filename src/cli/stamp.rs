//! `lockgate stamp TARGET`.

use clap::ArgMatches;

use super::run;
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::gate;
use crate::progress::Progress;
use crate::telemetry::metrics::Metrics;

pub fn run(config: Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    // clap asks for it.
    let target = arguments.get_one::<String>("TARGET").map_or("", String::as_str);
    let stamped = run::block_on(false, async {
        let gate = run::gate(config, Progress::new(Metrics::new())).await?;
        gate::stamp(&gate, target).await
    })?;
    let say = |what: &str, ids: &[String]| {
        if !ids.is_empty() {
            say!("{what}: {}", ids.join(" "));
        }
    };
    say("recorded as applied, without running", &stamped.recorded);
    say("forgotten, without taking back", &stamped.forgotten);
    if stamped.recorded.is_empty() && stamped.forgotten.is_empty() {
        say!("nothing to do: the history stands at {target} already");
    }
    Ok(Exit::Open)
}
