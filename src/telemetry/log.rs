//! Logs on stderr, as text or as one JSON object per line.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::filter::{FilterExt, ParseError, filter_fn};
use tracing_subscriber::fmt::format::{DefaultFields, Writer};
use tracing_subscriber::fmt::{FormatFields, MakeWriter};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::{EnvFilter, Registry};

use super::stderr::Stderr;
use crate::config::{Log, LogFormat};
use crate::failure::{Code, Coded, Failure, text};

/// Crates that log private data at debug, above all SQL with its parameters. Longer names with such a beginning are included:
/// `tokio_postgres_rustls`.
const CAPPED: [&str; 2] = ["tokio_postgres", "rustls"];

/// Reasons why there are no logs.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// `LOCKGATE_LOG` is not a list of directives.
    #[error("LOCKGATE_LOG cannot be read")]
    Filter(#[source] ParseError),
    /// Logs were set up before; they remain as they are.
    #[error("the logs are set up already")]
    Twice,
}

impl Coded for LogError {
    fn code(&self) -> Code {
        match self {
            Self::Filter(_) => Code::SETTINGS,
            Self::Twice => Code::BUG,
        }
    }

    fn next(&self) -> Option<String> {
        match self {
            Self::Filter(_) => {
                Some("set LOCKGATE_LOG to a level or a list such as info,lockgate::execute=debug".into())
            }
            Self::Twice => None,
        }
    }
}

/// Sends the logs of this process to stderr.
///
/// # Errors
/// The filter is invalid, or logs are set up already.
pub fn init(log: &Log) -> Result<(), LogError> {
    let filter = EnvFilter::builder().parse(&log.filter).map_err(LogError::Filter)?;
    let colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let layer = layer(log.format, colours, Stderr::default).with_filter(filter.and(capped()));
    tracing::subscriber::set_global_default(Registry::default().with(layer)).map_err(|_| LogError::Twice)
}

/// Prints a failure to stderr; the only place that does.
///
/// Neither the filter nor a missing set-up (after an invalid setting) may hide it, so JSON goes through a subscriber of its own.
pub fn report(failure: &Failure, format: LogFormat) {
    report_to(failure, format, Stderr::default);
}

fn report_to<W>(failure: &Failure, format: LogFormat, writer: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    match format {
        // If stderr is closed, no output is left; the exit code still reports the failure.
        LogFormat::Text => drop(writer.make_writer().write_all(format!("{}\n", failure.render()).as_bytes())),
        LogFormat::Json => {
            let subscriber = Registry::default().with(layer(format, false, writer));
            let evidence = failure.evidence.as_deref();
            let place = evidence.and_then(|evidence| evidence.place);
            let lines = |lines: &[String]| (!lines.is_empty()).then(|| lines.join("\n"));
            tracing::subscriber::with_default(subscriber, || {
                tracing::error!(
                    target: "lockgate",
                    code = %failure.code,
                    class = failure.class().word(),
                    exit = failure.exit().code(),
                    details = [failure.details.as_slice(), &failure.guarded.private].concat().join("\n"),
                    causes = failure.causes.join("\n"),
                    next = failure.next,
                    file = evidence.map(|evidence| evidence.file.as_str()),
                    line = place.map(|(line, _)| line),
                    column = place.map(|(_, column)| column),
                    sqlstate = evidence.map(|evidence| evidence.sqlstate.as_str()),
                    rows = evidence.and_then(|evidence| evidence.rows),
                    found = evidence.and_then(|evidence| lines(&evidence.found)),
                    help = evidence.and_then(|evidence| lines(&evidence.help)),
                    "{}", failure.message
                );
            });
        }
    }
}

fn layer<S, W>(format: LogFormat, colours: bool, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // With `log_internal_errors`, a closed stderr would lead to `eprintln!`, which panics then.
    let layer = tracing_subscriber::fmt::layer().log_internal_errors(false);
    match format {
        LogFormat::Text => {
            let layer = layer.compact().fmt_fields(OneLine).with_writer(writer);
            layer.with_target(false).with_ansi(colours).boxed()
        }
        LogFormat::Json => {
            let layer = layer.json().flatten_event(true).with_current_span(false).with_span_list(false);
            layer.with_ansi(false).with_writer(Escaping(writer)).boxed()
        }
    }
}

/// Writes the fields of an event in one line, whatever they contain.
struct OneLine;

impl<'writer> FormatFields<'writer> for OneLine {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut plain = String::new();
        DefaultFields::new().format_fields(Writer::new(&mut plain), fields)?;
        writer.write_str(&text::line(&plain))
    }
}

/// JSON without characters that a terminal would interpret.
struct Escaping<W>(W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Escaping<W> {
    type Writer = Escaping<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Escaping(self.0.make_writer())
    }
}

impl<W: Write> Write for Escaping<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(text::json(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Drops the events of [`CAPPED`] crates below warn. A directive cannot do that: a more specific one of the user's would override
/// it.
fn capped<S>() -> impl tracing_subscriber::layer::Filter<S> {
    let allowed = |event: &Metadata<'_>| {
        *event.level() <= tracing::Level::WARN || !CAPPED.iter().any(|name| event.target().starts_with(name))
    };
    filter_fn(allowed).with_max_level_hint(LevelFilter::TRACE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    fn logged(filter: &str, format: LogFormat, events: impl FnOnce()) -> String {
        let page = Page::default();
        let writer = page.clone();
        let filter = EnvFilter::builder().parse(filter).unwrap().and(capped());
        let layer = layer(format, false, move || writer.clone()).with_filter(filter);
        tracing::subscriber::with_default(Registry::default().with(layer), events);
        let bytes = page.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn failure() -> Failure {
        let mut failure = Failure::new(Code::UNREACHABLE, "no answer");
        failure.causes = vec!["refused".into(), "by the peer".into()];
        failure
    }

    #[test]
    fn json_is_one_flat_object_a_line() {
        let text = logged("info", LogFormat::Json, || {
            tracing::info!(revision = "0006", seconds = 1.5, "applied\nit");
            tracing::debug!("unseen");
        });
        let line: serde_json::Value = serde_json::from_str(text.trim_end()).unwrap();
        assert_eq!(text.lines().count(), 1);
        assert_eq!(line["message"], "applied\nit");
        assert_eq!(line["revision"], "0006");
        assert_eq!(line["level"], "INFO");
        assert!(line["timestamp"].is_string() && line["target"].is_string());
    }

    #[test]
    fn an_event_is_one_line_of_what_can_be_seen() {
        let hostile = "a\u{1b}[31m\nERROR forged\u{9b}\u{202e}";
        let events = || tracing::warn!(what = hostile, name = %hostile, "{hostile}");
        let text = logged("info", LogFormat::Text, events);
        assert!(text.ends_with('\n') && !text.trim_end().contains(text::is_hidden), "{text:?}");
        let json = logged("info", LogFormat::Json, events);
        assert!(!json.trim_end().contains(text::is_hidden), "{json:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["name"], hostile);
    }

    #[test]
    fn no_filter_shows_what_the_driver_says_of_sql() {
        let text = logged("trace,tokio_postgres::query=trace", LogFormat::Text, || {
            tracing::debug!(target: "tokio_postgres::query", "SELECT 'secret'");
            tracing::trace!(target: "rustls::client", "secret");
            tracing::warn!(target: "tokio_postgres", "heard");
            tracing::trace!(target: "lockgate", "heard too");
        });
        assert!(!text.contains("secret") && text.contains("heard") && text.contains("heard too"), "{text}");
    }

    #[test]
    fn a_failure_is_reported_in_both_shapes() {
        let page = Page::default();
        let writer = page.clone();
        report_to(&failure(), LogFormat::Json, move || writer.clone());
        let line: serde_json::Value = serde_json::from_slice(&page.0.lock().unwrap()).unwrap();
        assert_eq!(line["code"], "LG0301");
        assert_eq!(line["class"], "retry");
        assert_eq!(line["exit"], 75);
        assert_eq!(line["causes"], "refused\nby the peer");
        assert_eq!(line["message"], "no answer");

        let page = Page::default();
        let writer = page.clone();
        report_to(&failure(), LogFormat::Text, move || writer.clone());
        assert_eq!(String::from_utf8(page.0.lock().unwrap().clone()).unwrap(), format!("{}\n", failure().render()));
    }

    #[test]
    fn a_closed_stderr_stops_nothing() {
        let subscriber = Registry::default().with(layer(LogFormat::Text, false, || Closed));
        tracing::subscriber::with_default(subscriber, || tracing::info!("into the void"));
        report_to(&failure(), LogFormat::Text, || Closed);
        report_to(&failure(), LogFormat::Json, || Closed);
    }
}
