//! `lockgate stamp TARGET`.

use clap::ArgMatches;

use super::output::Output;
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
    let mut output = Output::default();
    let done = [
        ("recorded as applied, without running", &stamped.recorded),
        ("forgotten, without taking back", &stamped.forgotten),
    ];
    for (what, ids) in done.into_iter().filter(|(_, ids)| !ids.is_empty()) {
        say!(output, "{what}: {}", ids.join(" "));
    }
    if stamped.recorded.is_empty() && stamped.forgotten.is_empty() {
        say!(output, "nothing to do: the history stands at {target} already");
    }
    output.end()?;
    Ok(Exit::Open)
}
